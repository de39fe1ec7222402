// What certificates are made and judged with: more of OpenSSL's objects with owners, and steps of its own.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/time.hpp"
#include "holdfast/net/openssl.hpp"

namespace holdfast::certs {

using net::BioPtr;
using net::X509Ptr;
using net::X509StorePtr;
using BigPtr = std::unique_ptr<BIGNUM, net::OpensslDelete<BN_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, net::OpensslDelete<EVP_PKEY_free>>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, net::OpensslDelete<X509_STORE_CTX_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, net::OpensslDelete<X509_EXTENSION_free>>;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

/// Throws as net::openssl_failure().
inline void require(bool ok, std::string_view what) {
  if (!ok) net::openssl_failure(what);
}

/// The first certificate of a PEM text; throws "<name>: …".
X509Ptr read_certificate(const std::string& pem, std::string_view name);

/// A certificate, or a private key, as PEM.
std::string to_pem(X509* certificate);
std::string to_pem(EVP_PKEY* key);

/// Each readable certificate of a PEM text by itself.
std::vector<std::string> split_certificates(const std::string& pem);

/// Whether a certificate of the PEM text `ca` is where the chain of `leaf` leads, times aside. Any of them counts as an
/// anchor, as in a caBundle. Throws "<ca_name>: …" when `ca` holds none.
bool is_issued_by(X509* leaf, const std::string& chain, const std::string& ca, std::string_view ca_name);

core::Time to_time(const ASN1_TIME* time);

}  // namespace holdfast::certs
