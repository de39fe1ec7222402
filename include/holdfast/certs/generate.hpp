// A serving certificate for the webhook with a certificate authority of its own, for installations that have neither.
// Any thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "holdfast/core/time.hpp"

namespace holdfast::certs {

/// PEM, ECDSA P-256.
struct CertificateSet {
  std::string tls_crt;  ///< the serving certificate, signed by the authority
  std::string tls_key;
  std::string ca_crt;  ///< what a webhook configuration takes as caBundle
  std::string ca_key;
};

/// How long before they are made certificates begin, because clocks differ.
inline constexpr std::chrono::minutes kBackdated{5};

/// `names` are DNS names ("*.example.org" too) or IP addresses; at least one. Both certificates end `valid` after
/// `now`. Throws std::runtime_error naming what is wrong.
CertificateSet generate(const std::vector<std::string>& names, std::chrono::seconds valid, core::Time now);

inline constexpr const char* kFiles[] = {"tls.crt", "tls.key", "ca.crt", "ca.key"};

/// Writes kFiles; a folder that is missing is created with mode 0700, keys have 0600. Each
/// file is replaced as a whole, keys before certificates. Throws std::runtime_error naming the file.
void write_files(const CertificateSet& set, const std::filesystem::path& folder);

}  // namespace holdfast::certs
