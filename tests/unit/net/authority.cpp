#include "tests/unit/net/authority.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace test {

namespace {

void name(X509_NAME* subject, const char* text) {
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* blank(EVP_PKEY* key, const char* subject, long serial) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  name(X509_get_subject_name(certificate), subject);
  return certificate;
}

}  // namespace

Authority::Authority()
    : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(blank(key_.get(), "test authority", 1), X509_free) {
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  extend(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  pem_ = pem_text([&](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
}

Pem Authority::issue(const std::string& names, const Leaf& says) const {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate leaf(blank(key.get(), says.common_name.c_str(), 2), X509_free);
  X509_gmtime_adj(X509_getm_notAfter(leaf.get()), says.seconds_valid);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  if (!names.empty()) extend(leaf.get(), NID_subject_alt_name, names);
  if (!says.usage.empty()) extend(leaf.get(), NID_ext_key_usage, says.usage);
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  return {pem_text([&](BIO* bio) { PEM_write_bio_X509(bio, leaf.get()); }),
          pem_text([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }),
          "02"};
}

}  // namespace test
