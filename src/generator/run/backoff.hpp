// Keeps one PVC from taking all the time: failures back off, and so do writes that never come to rest (somebody else
// keeps changing what we write).
// One thread.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "holdfast/core/identity.hpp"

namespace holdfast::generator {

class Backoff {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `first_failure`: how long the first failure puts a PVC off.
  explicit Backoff(std::chrono::milliseconds first_failure = std::chrono::milliseconds{500})
      : first_failure_(first_failure) {}

  /// The earliest moment at which `pvc` may be looked at again, `when` or later.
  Time not_before(const core::PvcName& pvc, Time when) const;
  /// Whether it has just become too often: from now on each write puts the PVC off, for twice as long each time.
  bool wrote(const core::PvcName& pvc, Time now);
  void failed(const core::PvcName& pvc, std::string problem, Time now);
  /// There was nothing to do. Writes are forgotten only after a while without any: somebody who undoes each leaves
  /// time to rest in between.
  void rested(const core::PvcName& pvc, Time now);
  /// Whether somebody else seems to undo what is written: there were too many writes, and it is not quiet yet.
  bool is_restless(const core::PvcName& pvc, Time now) const;
  /// What failed last; empty: nothing.
  std::string problem(const core::PvcName& pvc) const;

 private:
  struct State {
    int writes = 0;  ///< plans that wrote something, since it was quiet
    int failures = 0;
    Time not_before{};
    Time quiet_from{};
    std::string problem;
  };
  void forget_the_quiet(Time now);

  const std::chrono::milliseconds first_failure_;
  std::map<core::PvcName, State> states_;
};

}  // namespace holdfast::generator
