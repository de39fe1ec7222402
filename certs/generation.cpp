#include "holdfast/certs/generation.hpp"

#include <algorithm>
#include <stdexcept>

#include "certs/openssl.hpp"
#include "holdfast/certs/generate.hpp"
#include "holdfast/net/tls.hpp"

namespace holdfast::certs {

Generation make_generation(const std::vector<std::string>& names, std::chrono::seconds lifetime, core::Time now) {
  CertificateSet set = generate(names, lifetime, now);
  OPENSSL_cleanse(set.ca_key.data(), set.ca_key.size());
  return read_generation(std::move(set.tls_crt), std::move(set.tls_key), std::move(set.ca_crt));
}

Generation read_generation(std::string chain, std::string key, std::string authority) {
  const X509Ptr leaf = read_certificate(chain, "the certificate");
  net::TlsContext::from_pem(chain, key);
  if (!is_issued_by(leaf.get(), chain, authority, "the authority")) {
    throw std::runtime_error("the certificate is not signed by its authority");
  }
  const core::Time begin = to_time(X509_get0_notBefore(leaf.get())), end = to_time(X509_get0_notAfter(leaf.get()));
  return {std::move(chain), std::move(key), std::move(authority), begin, end};
}

bool is_for(const Generation& generation, const std::vector<std::string>& names) {
  const X509Ptr leaf = read_certificate(generation.chain, "the certificate");
  return std::ranges::all_of(names, [&](const std::string& name) {
    return X509_check_host(leaf.get(), name.data(), name.size(), 0, nullptr) == 1;
  });
}

core::Time renewal_of(const Generation& generation) {
  const auto lifetime = generation.not_after - generation.not_before - kBackdated;
  return generation.not_after - lifetime / 3;
}

bool trusts(const std::string& bundle, const std::string& chain) try {
  const X509Ptr leaf = read_certificate(chain, "the certificate");
  return is_issued_by(leaf.get(), chain, bundle, "the bundle");
} catch (const std::runtime_error&) {
  return false;
}

std::string distrust(const std::vector<Entry>& entries, const std::string& chain) {
  const auto other = std::ranges::find_if(entries, [&](const Entry& entry) { return !trusts(entry.bundle, chain); });
  return other == entries.end() ? "" : other->where + ": its caBundle does not hold the certificate's authority";
}

std::string validity_problem(core::Time not_before, core::Time not_after, core::Time now) {
  if (now < not_before) return "the certificate is not valid before " + core::format_seconds(not_before);
  if (now > not_after) return "the certificate expired at " + core::format_seconds(not_after);
  return {};
}

std::string without_expired(const std::string& bundle, core::Time now) {
  std::string rest;
  for (std::string& pem : split_certificates(bundle)) {
    const X509Ptr certificate = read_certificate(pem, "a former authority");
    if (to_time(X509_get0_notAfter(certificate.get())) >= now) rest += pem;
  }
  return rest;
}

}  // namespace holdfast::certs
