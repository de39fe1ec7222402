// What the webhook serves with, by the setting `certs.mode`: kept up to date, and told in log, metric and /readyz.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "holdfast/base/clock.hpp"
#include "holdfast/cli/settings.hpp"
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

/// What there is to say about the served certificate, said once for each change. One thread at a time.
class CertificateReport {
 public:
  CertificateReport(const ops::Logger& log, ops::Metrics& metrics) : log_(log), metrics_(metrics) {}

  /// `problem`: why clients would refuse it; `trouble`: why it would not be replaced when it is time.
  void tell(const std::string& problem, const std::string& trouble, core::Time not_after) {
    if (trouble != trouble_ && !trouble.empty()) log_.error("certificate not renewed", {{"error", trouble}});
    if (problem != problem_ && !problem.empty()) log_.warn("certificate not accepted", {{"problem", problem}});
    const bool well_again = problem.empty() && trouble.empty() && !(problem_.empty() && trouble_.empty());
    if (well_again) log_.info("certificate in order", {{"notAfter", core::format_seconds(not_after)}});
    trouble_ = trouble;
    problem_ = problem;
    metrics_.certificate_expiry(base::seconds(not_after.time_since_epoch()));
    metrics_.certificate_healthy(problem.empty() && trouble.empty());
  }

 private:
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  std::string trouble_, problem_;
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
