// What there is to say about the served certificate, said once for each change.
// One thread at a time.
#pragma once

#include <string>

#include "holdfast/base/clock.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::cli {

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

}  // namespace holdfast::cli
