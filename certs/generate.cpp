#include "holdfast/certs/generate.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "certs/openssl.hpp"
#include "holdfast/net/url.hpp"

namespace holdfast::certs {

namespace {

constexpr std::chrono::days kLongest{36'500};

struct Issuer {
  X509* certificate;
  EVP_PKEY* key;
};

/// One X.509 extension in the words of OpenSSL's configuration files.
struct Extension {
  int nid;
  std::string value;
};

// Also keeps commas and colons, which separate values in OpenSSL's notation, out of it.
bool is_dns_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '*';
  });
}

std::string alternative_names(const std::vector<std::string>& names) {
  if (names.empty()) throw std::runtime_error("a certificate needs at least one name");
  std::string list;
  for (const std::string& name : names) {
    const bool address = net::is_address(name);
    if (!address && !is_dns_name(name)) throw std::runtime_error("'" + name + "' is neither a DNS name nor an address");
    list.append(list.empty() ? "" : ",").append(address ? "IP:" : "DNS:").append(name);
  }
  return list;
}

void set_serial(X509* certificate) {
  const BigPtr number(BN_new());
  // 127 random bits under a leading one: always positive, always of the same length.
  require(number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)),
          "no random serial number");
}

void set_times(X509* certificate, core::Time begin, core::Time end) {
  const auto seconds = [](core::Time time) {
    return std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  };
  require(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(begin)) &&
              ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(end)),
          "the period of validity cannot be set");
}

void set_subject(X509* certificate, const std::string& common_name) {
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common_name.data()),
                                     static_cast<int>(common_name.size()), -1, 0) == 1,
          "the subject cannot be set");
}

void add_extensions(X509* certificate, X509* issuer, const std::vector<Extension>& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const Extension& extension : extensions) {
    const ExtensionPtr made(X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
    require(made && X509_add_ext(certificate, made.get(), -1) == 1, "the extension " + extension.value);
  }
}

struct Validity {
  core::Time begin, end;
};

/// An issuer without certificate: signed by its own key.
X509Ptr issue(const std::string& common_name, EVP_PKEY* key, Issuer issuer, const Validity& validity,
              const std::vector<Extension>& extensions) {
  X509Ptr certificate(X509_new());
  require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "no certificate");
  if (!issuer.certificate) issuer = {certificate.get(), key};
  set_serial(certificate.get());
  set_times(certificate.get(), validity.begin, validity.end);
  set_subject(certificate.get(), common_name);
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.certificate)) == 1 &&
              X509_set_pubkey(certificate.get(), key) == 1,
          "issuer or key cannot be set");
  add_extensions(certificate.get(), issuer.certificate, extensions);
  require(X509_sign(certificate.get(), issuer.key, EVP_sha256()) > 0, "the certificate cannot be signed");
  return certificate;
}

KeyPtr new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  require(key != nullptr, "no P-256 key");
  return key;
}

Validity validity_of(std::chrono::seconds valid, core::Time now) {
  if (valid.count() < 1 || valid > kLongest) {
    throw std::runtime_error("a certificate is valid for a second at least and 36500 days at most");
  }
  // An int64 of nanoseconds overflows 292 years after 1970.
  if (core::Time::max() - now < valid) throw std::runtime_error("the certificate would end after the year 2261");
  return {now - kBackdated, now + valid};
}

}  // namespace

CertificateSet generate(const std::vector<std::string>& names, std::chrono::seconds valid, core::Time now) {
  const Validity validity = validity_of(valid, now);
  const std::string alternatives = alternative_names(names);
  const KeyPtr ca_key = new_key(), key = new_key();
  const X509Ptr ca = issue("holdfast CA", ca_key.get(), {}, validity,
                           {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                            {NID_key_usage, "critical,keyCertSign,cRLSign"},
                            {NID_subject_key_identifier, "hash"}});
  const X509Ptr leaf = issue("holdfast", key.get(), {ca.get(), ca_key.get()}, validity,
                             {{NID_basic_constraints, "critical,CA:FALSE"},
                              {NID_key_usage, "critical,digitalSignature"},
                              {NID_ext_key_usage, "serverAuth"},
                              {NID_subject_key_identifier, "hash"},
                              {NID_authority_key_identifier, "keyid:always"},
                              {NID_subject_alt_name, alternatives}});
  return {to_pem(leaf.get()), to_pem(key.get()), to_pem(ca.get()), to_pem(ca_key.get())};
}

}  // namespace holdfast::certs
