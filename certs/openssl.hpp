// OpenSSL's objects with owners, and its errors as exceptions.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/time.hpp"

namespace holdfast::certs {

template <auto Function>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free>>;
using BigPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using X509StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

struct FreeCertificates {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

/// Throws std::runtime_error "<what>: <OpenSSL's reason>" and empties the error queue. The reason never holds input.
[[noreturn]] void fail(std::string_view what);

inline void require(bool ok, std::string_view what) {
  if (!ok) fail(what);
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
