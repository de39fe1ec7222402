// OpenSSL's objects with owners, and PEM certificates and keys into its contexts. All functions throw
// std::runtime_error with what is wrong and never with input.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace holdfast::net {

template <auto Function>
struct OpensslDelete {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
using BioPtr = std::unique_ptr<BIO, OpensslDelete<BIO_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, OpensslDelete<SSL_CTX_free>>;
using X509StorePtr = std::unique_ptr<X509_STORE, OpensslDelete<X509_STORE_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDelete<X509_free>>;

/// Throws "<what>: <OpenSSL's last reason>" and empties its error queue. The reason never holds input.
[[noreturn]] void openssl_failure(std::string_view what);

BioPtr pem_reader(const std::string& pem);
/// The next certificate; null: none is left, or what follows is broken (the reason is in OpenSSL's error queue).
X509Ptr next_certificate(BIO* reader);
/// Whether the last reason in OpenSSL's error queue, which is cleared, is that the PEM text ended.
bool at_end_of_pem();

/// Trusts what is in the bundle, as Go does it and with it every other Kubernetes component: be it a root, an
/// intermediate or the peer's own certificate.
void add_authorities(X509_STORE* store, const std::string& pem);

/// The certificate to present, then the ones between it and its authority.
void load_chain(SSL_CTX* context, const std::string& pem);
/// Its key, after the chain.
void load_key(SSL_CTX* context, const std::string& pem);

}  // namespace holdfast::net
