// The review of a Job: VolSync's mover Jobs are given the repository, all others are admitted as they are.
#pragma once

#include <string>

#include "holdfast/core/verdict.hpp"
#include "holdfast/json/review.hpp"
#include "holdfast/net/http.hpp"
#include "holdfast/webhook/admission.hpp"

namespace holdfast::webhook {

/// One review from its bytes to its answer, on one thread; nothing is waited for. The references outlive it.
///
/// A mover Job is never let through without the repository because something went wrong here: a mover that finds none
/// makes a new one inside its container and reports success. VolSync repeats what was denied.
class JobReview {
 public:
  JobReview(const Admission::Options& options, const ops::Logger& log, ops::Metrics& metrics)
      : options_(options), log_(log), metrics_(metrics) {}

  /// Does not throw, but for want of memory.
  net::Response answer(const net::Request& request);

 private:
  core::Verdict judge(const net::Request& request);
  core::Verdict read_and_judge(const std::string& body);
  core::Verdict inject(const std::string& body);
  void record(const core::Verdict& verdict, const net::Request& request) const;

  const Admission::Options& options_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  json::Review review_;
  std::string patch_;
};

}  // namespace holdfast::webhook
