// Keeps one PVC from taking all the time: failures back off, and so do writes that never come to rest (somebody else
// keeps changing what we write).
// One thread.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "holdfast/core/identity.hpp"

namespace holdfast::generator {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// The earliest moment at which `pvc` may be looked at again, `when` or later.
  Time not_before(const core::PvcName& pvc, Time when) const;
  void wrote(const core::PvcName& pvc, Time now);
  void failed(const core::PvcName& pvc, std::string problem, Time now);
  /// There was nothing to do.
  void rested(const core::PvcName& pvc) { states_.erase(pvc); }
  /// What failed last; empty: nothing.
  std::string problem(const core::PvcName& pvc) const;

 private:
  struct State {
    int writes = 0;  ///< plans in a row that wrote something
    int failures = 0;
    Time not_before{};
    std::string problem;
  };
  std::map<core::PvcName, State> states_;
};

}  // namespace holdfast::generator
