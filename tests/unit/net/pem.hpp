// Throw-away certificates for tests of the listener, made in memory.
#pragma once

#include <memory>
#include <string>

#include "holdfast/net/tls.hpp"

namespace test {

struct Pem {
  std::string chain;
  std::string key;
  std::string serial;  ///< upper-case hexadecimal
};

/// Self-signed, ECDSA P-256, with this serial number.
Pem make_pem(long serial);

/// A source whose certificate tests can replace.
class SwappableTls : public holdfast::net::TlsSource {
 public:
  explicit SwappableTls(const Pem& pem) { replace(pem); }
  void replace(const Pem& pem);
  std::shared_ptr<const holdfast::net::TlsContext> current() const override;

 private:
  std::shared_ptr<const holdfast::net::TlsContext> context_;
};

}  // namespace test
