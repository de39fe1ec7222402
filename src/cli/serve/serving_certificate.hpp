// What the webhook serves with, by the setting `certs.mode`: kept up to date, and told in log, metric and /readyz.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "holdfast/cli/settings.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/kube/config.hpp"
#include "holdfast/net/server.hpp"
#include "holdfast/net/tls.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::cli {

/// Any thread, but for start() and the destructor. Destroyed when the loop has stopped, and before the loop.
class ServingCertificate {
 public:
  virtual ~ServingCertificate() = default;

  virtual std::shared_ptr<net::TlsSource> source() = 0;
  /// Looks after it from now on, on the loop.
  virtual void start() = 0;
  /// Why API servers would refuse what is served; empty: nothing known.
  virtual std::string problem_at(core::Time now) const = 0;
  /// Why what is served would not be replaced when it is time; empty: nothing.
  virtual std::string trouble() const = 0;
};

/// The program's parts that it needs; they outlive it.
struct CertificateParts {
  const Settings& settings;
  const std::optional<kube::Config>& cluster;  ///< nullopt: no connection to one
  net::Loop& loop;
  const ops::Logger& log;
  ops::Metrics& metrics;
};

/// Throws SettingsError where there is nothing to serve with.
std::unique_ptr<ServingCertificate> make_file_certificate(const CertificateParts& parts);  ///< files, cert-manager
std::unique_ptr<ServingCertificate> make_own_certificate(const CertificateParts& parts);   ///< self
/// By the mode. nullptr: the webhook is off.
std::unique_ptr<ServingCertificate> make_certificate(const CertificateParts& parts);

/// The DNS names by which API servers call our Service.
std::vector<std::string> service_names(const Settings& settings, const std::string& own_namespace);

}  // namespace holdfast::cli
