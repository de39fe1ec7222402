// Says when each PVC is looked at next, and has it done: a few at a time, and only while this replica leads.
// Belongs to the thread of the loop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "holdfast/core/identity.hpp"
#include "src/generator/later.hpp"
#include "src/generator/run/backoff.hpp"

namespace holdfast::generator {

/// PVCs worked on at the same time; and while reviews ask the API server, whose answers somebody waits for.
inline constexpr std::size_t kParallel = 8;
inline constexpr std::size_t kBesideReviews = 1;
/// With less of the Lease left no work begins.
inline constexpr std::chrono::milliseconds kLeastRight{1000};

/// The PVCs that are to be looked at, each at most once however often it is named, and when.
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

class Dispatcher {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  /// Works on a PVC, which ends with done(); we lead until then at least.
  using Work = std::function<void(const core::PvcName&, Steady until)>;

  /// `leads_until` nullopt: we do not lead. `at_once`: so many at the same time now. `backoff` may put a PVC off, and
  /// outlives this.
  Dispatcher(net::Loop& loop, const Backoff& backoff, std::function<std::optional<Steady>()> leads_until,
             std::function<std::size_t()> at_once, Work work);

  void look_at(const core::PvcName& pvc, Steady when = std::chrono::steady_clock::now());
  void done(const core::PvcName& pvc);
  /// Begins with what is due, as when we have come to lead.
  void pump();
  /// Begins nothing more; calls `idle` when nothing is under way.
  void stop(std::function<void()> idle);

  /// How many are due or under way.
  std::size_t depth() const { return queue_.depth(std::chrono::steady_clock::now()); }

 private:
  void wake(Steady when);
  void stop_if_idle();

  const Backoff& backoff_;
  const std::function<std::optional<Steady>()> leads_until_;
  const std::function<std::size_t()> at_once_;
  const Work work_;
  Queue queue_;
  Later later_;
  bool pump_posted_ = false;
  std::optional<Steady> wake_at_;
  std::function<void()> stopped_;
};

}  // namespace holdfast::generator
