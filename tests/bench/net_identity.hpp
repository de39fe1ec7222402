// A throw-away certificate for the benchmark servers, made in memory.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace bench {

struct Identity {
  std::string chain;
  std::string key;
};

inline std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

inline Identity make_identity() {
  using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> leaf(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(leaf.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(leaf.get()), 24 * 3600);
  X509_set_pubkey(leaf.get(), key.get());
  X509_sign(leaf.get(), key.get(), EVP_sha256());
  const Bio chain_bio(BIO_new(BIO_s_mem()), BIO_free), key_bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(chain_bio.get(), leaf.get());
  PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(chain_bio.get()), text_of(key_bio.get())};
}

/// What both servers answer: a denial's size.
inline const std::string kAnswer = R"({"answer":")" + std::string(400, 'a') + R"("})";

}  // namespace bench
