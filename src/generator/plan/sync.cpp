#include "src/generator/plan/sync.hpp"

#include <algorithm>

#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

using SyncIs = Sync::Is;

/// Of a Job that is there. One that is complete is VolSync's to see to: of a restore the image is made just then.
bool may_work(const Mover& mover) { return mover.complete || (!mover.ended && !mover.idle_since); }

/// When nothing that works counts as a sync that does not get on by itself; nullopt: it does not.
std::optional<core::Time> stuck_at(const core::Observed& object, const Mover* mover) {
  const core::SyncStatus& status = object.status;
  if (status.mover_result == "Failed" || (mover != nullptr && mover->failed > 0)) return core::Time::min();
  std::optional<core::Time> at;
  if (mover != nullptr && !mover->ended) at = late_at(*mover);
  // Before there is a Job: the volume's snapshot, and a volume of that.
  if (mover == nullptr && status.sync_started) at = *status.sync_started + kIdle;
  if (!status.error.empty() && status.error_since) at = std::min(at.value_or(core::Time::max()), *status.error_since);
  return at;
}

}  // namespace

std::optional<core::Time> late_at(const Mover& mover) {
  std::optional<core::Time> at;
  if (mover.idle_since) at = *mover.idle_since + kIdle;
  if (mover.stuck_since) at = std::min(at.value_or(core::Time::max()), *mover.stuck_since + kStuck);
  return at;
}

Sync sync_of(const core::Observed& object, const Mover* mover, bool movers_known, const Options& options,
             core::Time now) {
  if (!is_synchronizing(object)) return {SyncIs::None, {}};
  std::optional<core::Time> next;
  if (object.status.sync_started) next = *object.status.sync_started + options.overlong_sync;
  if (next && *next <= now) return {SyncIs::Overlong, {}};
  if (!movers_known) {
    const core::Time soon = now + kStuck;
    return {SyncIs::Working, std::min(next.value_or(soon), soon)};
  }
  if (mover != nullptr && may_work(*mover)) return {SyncIs::Working, next};
  const auto stuck = stuck_at(object, mover);
  if (stuck && *stuck <= now) return {SyncIs::Stuck, {}};
  if (stuck) next = std::min(next.value_or(*stuck), *stuck);
  return {SyncIs::Working, next};
}

}  // namespace holdfast::generator
