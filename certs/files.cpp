#include "certs/files.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <cerrno>

#include "holdfast/base/file.hpp"

namespace holdfast::certs {

namespace {

constexpr std::size_t kMostBytes = 1 << 20;  // a Secret holds no more

bool is_missing(const std::filesystem::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) != 0 && errno == ENOENT;
}

}  // namespace

CertificateFiles read_files(const std::filesystem::path& folder) {
  CertificateFiles files;
  files.chain = base::read_file((folder / "tls.crt").string(), kMostBytes);
  files.key = base::read_file((folder / "tls.key").string(), kMostBytes);
  if (const auto ca = folder / "ca.crt"; !is_missing(ca)) files.ca = base::read_file(ca.string(), kMostBytes);
  return files;
}

std::string state_of(const std::filesystem::path& folder) {
  std::string state;
  for (const char* name : {"tls.crt", "tls.key", "ca.crt"}) {
    state.append(base::file_state((folder / name).string())).append(",");
  }
  return state;
}

std::string digest_of(const CertificateFiles& files) {
  std::string all;
  for (const std::string* text : {&files.chain, &files.key}) {
    all.append(std::to_string(text->size())).append(":").append(*text);
  }
  if (files.ca) all.append("ca:").append(*files.ca);
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), hash);
  OPENSSL_cleanse(all.data(), all.size());
  return {reinterpret_cast<const char*>(hash), sizeof hash};
}

}  // namespace holdfast::certs
