#include "holdfast/net/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdexcept>

namespace holdfast::net {

namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;

// Without a callback OpenSSL would ask for the pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

}  // namespace

void openssl_failure(std::string_view what) {
  std::string message(what);
  if (const char* reason = ERR_reason_error_string(ERR_peek_last_error())) message.append(": ").append(reason);
  ERR_clear_error();
  throw std::runtime_error(message);
}

BioPtr pem_reader(const std::string& pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) openssl_failure("out of memory");
  return bio;
}

X509Ptr next_certificate(BIO* reader) { return X509Ptr(PEM_read_bio_X509(reader, nullptr, no_pass_phrase, nullptr)); }

bool at_end_of_pem() {
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) return false;
  ERR_clear_error();
  return true;
}

void add_authorities(X509_STORE* store, const std::string& pem) {
  const BioPtr bio = pem_reader(pem);
  std::size_t count = 0;
  while (const X509Ptr authority = next_certificate(bio.get())) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) openssl_failure("an authority's certificate is not usable");
    ++count;
  }
  if (!at_end_of_pem()) openssl_failure("the authorities are not readable PEM certificates");
  if (count == 0) throw std::runtime_error("the authorities hold no PEM certificate");
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
}

void load_chain(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = pem_reader(pem);
  const X509Ptr leaf = next_certificate(bio.get());
  if (!leaf) openssl_failure("the certificate chain holds no readable PEM certificate");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) openssl_failure("the certificate is not usable");
  while (const X509Ptr next = next_certificate(bio.get())) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) openssl_failure("the certificate chain is not usable");
  }
  if (!at_end_of_pem()) openssl_failure("the certificate chain is broken after its first certificate");
}

void load_key(SSL_CTX* context, const std::string& pem) {
  const BioPtr bio = pem_reader(pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) openssl_failure("the private key is not readable PEM (encrypted keys are not supported)");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    openssl_failure("the private key does not belong to the certificate");
  }
}

}  // namespace holdfast::net
