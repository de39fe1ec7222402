// A throw-away certificate authority for tests of the client, made in memory.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "tests/unit/net/pem.hpp"

namespace test {

/// What a certificate says besides its alternative names.
struct Leaf {
  std::string common_name = "test leaf";
  std::string usage{};  ///< extended key usage in OpenSSL's form: "clientAuth"; empty: none
  long seconds_valid = 3600;
};

class Authority {
 public:
  Authority();
  const std::string& pem() const { return pem_; }
  /// A certificate for these names, in OpenSSL's form: "DNS:a.test,IP:127.0.0.1". Empty: for a client.
  Pem issue(const std::string& names, const Leaf& leaf = {}) const;

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  Key key_;
  Certificate certificate_;
  std::string pem_;
};

}  // namespace test
