// The PVCs that are to be looked at, each at most once however often it is named, and when.
// One thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "holdfast/core/identity.hpp"

namespace holdfast::generator {

class Queue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// At `when`, or earlier where that was said before. While it is under way: as soon as it is done.
  void add(const core::PvcName& pvc, Time when);
  /// One that is due and not under way; it is under way from now until done().
  std::optional<core::PvcName> take(Time now);
  void done(const core::PvcName& pvc);

  /// When the next one that is not under way is due.
  std::optional<Time> next() const;
  /// How many are due at `now` or under way.
  std::size_t depth(Time now) const;
  std::size_t under_way() const { return under_way_.size(); }

 private:
  std::map<core::PvcName, Time> due_;
  std::set<std::pair<Time, core::PvcName>> order_;  ///< of those not under way
  std::set<core::PvcName> under_way_;
};

}  // namespace holdfast::generator
