// Who may call the webhook, as a file of authorities that somebody rotates: read again when it has changed, and what
// was good stays in force while the file is broken or gone. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "holdfast/net/tls.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::certs {

class ClientAuthorities : public net::ClientCheck {
 public:
  /// Loads `file`, PEM. `names`: as net::ClientTrust has them. Throws std::runtime_error naming the file and what is
  /// wrong. Log and metrics outlive it.
  ClientAuthorities(std::string file, std::vector<std::string> names, const ops::Logger& log, ops::Metrics& metrics);

  std::shared_ptr<const net::ClientTrust> current() override;
  /// Counts it, and logs it unless there was a line in the last ten seconds.
  void refused(std::string_view why) override;

  /// Why what lies in the file is not in force, as of the last connection; empty: it is.
  std::string problem() const;

 private:
  std::shared_ptr<const net::ClientTrust> load() const;
  void look();

  const std::string file_;
  const std::vector<std::string> names_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;

  mutable std::mutex mutex_;  ///< over what follows
  std::string seen_;          ///< the state of the file at the last look
  std::string problem_;
  std::shared_ptr<const net::ClientTrust> trust_;
  ops::LineBudget lines_;
};

}  // namespace holdfast::certs
