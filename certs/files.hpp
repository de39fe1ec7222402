// The three files of a certificate folder.
// Any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace holdfast::certs {

struct CertificateFiles {
  std::string chain;              ///< tls.crt
  std::string key;                ///< tls.key
  std::optional<std::string> ca;  ///< ca.crt, where it exists
};

/// Throws std::runtime_error naming the file.
CertificateFiles read_files(const std::filesystem::path& folder);

/// base::file_state of all three.
std::string state_of(const std::filesystem::path& folder);

/// A hash of all the contents: touched files are not new files.
std::string digest_of(const CertificateFiles& files);

}  // namespace holdfast::certs
