#include "certs/files.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>

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

std::string state_of_file(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) found = {};
  std::string state;
  for (const std::int64_t number : {std::int64_t(found.st_dev), std::int64_t(found.st_ino), std::int64_t(found.st_size),
                                    std::int64_t(found.st_mtim.tv_sec), std::int64_t(found.st_mtim.tv_nsec),
                                    std::int64_t(found.st_ctim.tv_sec), std::int64_t(found.st_ctim.tv_nsec)}) {
    state.append(std::to_string(number)).append(",");
  }
  return state;
}

std::string state_of(const std::filesystem::path& folder) {
  std::string state;
  for (const char* name : {"tls.crt", "tls.key", "ca.crt"}) state += state_of_file(folder / name);
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
