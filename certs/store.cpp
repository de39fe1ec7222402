#include "holdfast/certs/store.hpp"

#include <stdexcept>

#include "certs/files.hpp"
#include "certs/openssl.hpp"
#include "certs/validity.hpp"

namespace holdfast::certs {

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
