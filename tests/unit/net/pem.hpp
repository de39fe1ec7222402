// A source of certificates for tests of the listener.
#pragma once

#include <atomic>
#include <memory>

#include "holdfast/net/tls.hpp"
#include "tests/unit/pem.hpp"

namespace test {

using holdfast::test::make_pem;
using holdfast::test::Pem;
using holdfast::test::pem_text;

/// Its certificate can be replaced.
class SwappableTls : public holdfast::net::TlsSource {
 public:
  explicit SwappableTls(const Pem& pem) { replace(pem); }
  void replace(const Pem& pem) {
    std::atomic_store(&context_, holdfast::net::TlsContext::from_pem(pem.chain, pem.key));
  }
  std::shared_ptr<const holdfast::net::TlsContext> current() const override { return std::atomic_load(&context_); }

 private:
  std::shared_ptr<const holdfast::net::TlsContext> context_;
};

}  // namespace test
