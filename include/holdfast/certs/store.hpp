// The webhook's certificate as files, as Kubernetes mounts a Secret: loaded before anything listens, replaced while the
// server runs, never replaced by something broken.
// Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "holdfast/core/time.hpp"
#include "holdfast/net/tls.hpp"

namespace holdfast::certs {

class Store : public net::TlsSource {
 public:
  /// Loads tls.crt, tls.key and, where it exists, ca.crt. Throws std::runtime_error naming the file and what is wrong.
  explicit Store(std::filesystem::path folder);
  ~Store() override;

  std::shared_ptr<const net::TlsContext> current() const override;

  struct Report {
    bool reloaded = false;  ///< new connections get another certificate from now on
    /// Why what lies in the folder now is not served; empty: it is served.
    std::string problem;
    core::Time not_before;  ///< of the served certificate
    core::Time not_after;
  };
  /// Looks at the files and, if they changed since the last look, loads them. A broken or half-written pair leaves
  /// everything as it was, and is reported at every look until it is whole. Does not throw.
  Report reload_if_changed();

  /// What a client may find wrong with the served certificate at `now`: it has expired, is not valid yet, or is not
  /// signed by what ca.crt holds. Empty: nothing.
  std::string problem_at(core::Time now) const;
  /// What is served, PEM.
  std::string chain() const;

 private:
  struct Loaded;
  std::shared_ptr<const Loaded> loaded() const;
  void look();

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;  ///< over loaded_
  std::shared_ptr<const Loaded> loaded_;
  std::mutex reload_mutex_;   ///< one reload at a time; over what follows
  std::string seen_;          ///< the state of the files at the last look
  std::string seen_problem_;  ///< what was wrong with them
};

}  // namespace holdfast::certs
