#include "holdfast/certs/store.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <stdexcept>

#include "certs/openssl.hpp"
#include "holdfast/base/file.hpp"
#include "holdfast/certs/generation.hpp"

namespace holdfast::certs {

namespace {

constexpr std::size_t kMostBytes = 1 << 20;  // a Secret holds no more

bool is_missing(const std::filesystem::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) != 0 && errno == ENOENT;
}

struct CertificateFiles {
  std::string chain;              ///< tls.crt
  std::string key;                ///< tls.key
  std::optional<std::string> ca;  ///< ca.crt, where it exists
};

/// Throws std::runtime_error naming the file.
CertificateFiles read_files(const std::filesystem::path& folder) {
  CertificateFiles files;
  files.chain = base::read_file((folder / "tls.crt").string(), kMostBytes);
  files.key = base::read_file((folder / "tls.key").string(), kMostBytes);
  if (const auto ca = folder / "ca.crt"; !is_missing(ca)) files.ca = base::read_file(ca.string(), kMostBytes);
  return files;
}

/// base::file_state of all three.
std::string state_of(const std::filesystem::path& folder) {
  std::string state;
  for (const char* name : {"tls.crt", "tls.key", "ca.crt"}) {
    state.append(base::file_state((folder / name).string())).append(",");
  }
  return state;
}

/// A hash of all the contents: touched files are not new files.
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

}  // namespace

struct Store::Loaded {
  std::shared_ptr<const net::TlsContext> context;
  std::string digest;
  std::string chain;
  core::Time not_before, not_after;
  bool signed_by_ca = true;  ///< also where there is no ca.crt to say otherwise

  explicit Loaded(const std::filesystem::path& folder);
};

Store::Loaded::Loaded(const std::filesystem::path& folder) {
  const CertificateFiles files = read_files(folder);
  const X509Ptr leaf = read_certificate(files.chain, (folder / "tls.crt").string());
  try {
    context = net::TlsContext::from_pem(files.chain, files.key);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error((folder / "tls.crt").string() + ", tls.key: " + error.what());
  }
  digest = digest_of(files);
  chain = files.chain;
  not_before = to_time(X509_get0_notBefore(leaf.get()));
  not_after = to_time(X509_get0_notAfter(leaf.get()));
  if (files.ca) signed_by_ca = is_issued_by(leaf.get(), files.chain, *files.ca, (folder / "ca.crt").string());
}

// The state is taken before the files are read: what changes in between is seen at the next look.
Store::Store(std::filesystem::path folder) : folder_(std::move(folder)), loaded_(nullptr), seen_(state_of(folder_)) {
  loaded_ = std::make_shared<const Loaded>(folder_);
}

Store::~Store() = default;

std::shared_ptr<const Store::Loaded> Store::loaded() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

std::shared_ptr<const net::TlsContext> Store::current() const { return loaded()->context; }

void Store::look() try {
  const auto next = std::make_shared<const Loaded>(folder_);
  seen_problem_.clear();
  const std::lock_guard lock(mutex_);
  if (next->digest != loaded_->digest) loaded_ = next;
} catch (const std::exception& error) {
  seen_problem_ = error.what();
}

Store::Report Store::reload_if_changed() {
  const std::lock_guard lock(reload_mutex_);
  const auto before = loaded();
  // A pair found broken is read again at each look: a second write within one tick of the file system's clock would
  // not show in the state.
  if (std::string state = state_of(folder_); state != seen_ || !seen_problem_.empty()) {
    seen_ = std::move(state);
    look();
  }
  const auto now = loaded();
  return {now != before, seen_problem_, now->not_before, now->not_after};
}

std::string Store::problem_at(core::Time now) const {
  const auto served = loaded();
  std::string invalid = validity_problem(served->not_before, served->not_after, now);
  if (!invalid.empty()) return invalid;
  if (!served->signed_by_ca) return "the certificate is not signed by what ca.crt holds";
  return {};
}

std::string Store::chain() const { return loaded()->chain; }

}  // namespace holdfast::certs
