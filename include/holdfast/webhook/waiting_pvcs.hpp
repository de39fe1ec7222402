// Since when PVCs wait for a repository that is being read, across the tries of whoever creates them: a listing that
// began after the first of them holds all that was there when the PVC was asked for.
// Bounded; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>

#include "holdfast/core/pvc.hpp"

namespace holdfast::webhook {

class WaitingPvcs {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// Longer apart, tries are not of one creation: between them the PVC may have lived and been backed up.
  static constexpr std::chrono::seconds kPatience{60};
  static constexpr std::size_t kMost = 10'000;

  /// When it was asked for first; Moment::max(): this is the first time.
  Moment first_try(const core::PvcName& pvc, Moment now = std::chrono::steady_clock::now());
  /// A try that began at `asked` is over; `goes_on`: it found no answer in time, or one that is asked for once more.
  /// Any other end is the end of the wait.
  void tried(const core::PvcName& pvc, Moment asked, bool goes_on, Moment now = std::chrono::steady_clock::now());

 private:
  struct Tries {
    Moment first;
    Moment last;
  };
  static bool is_over(const Tries& tries, Moment now);

  std::mutex mutex_;
  std::map<core::PvcName, Tries> tries_;
};

}  // namespace holdfast::webhook
