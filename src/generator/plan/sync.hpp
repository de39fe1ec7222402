// How a backup or restore that VolSync is in the middle of stands, as far as a change of its object goes: VolSync puts
// every change into the mover's Job at once, and a Job that must be another one is deleted, whatever it is at. But a
// sync ends with a success only, so one that fails would keep the very setting that makes it fail.
// Pure; any thread. Source: VolSync's internal/controller/statemachine/machine.go, utils/reconcile.go.
#pragma once

#include <optional>

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// A pod that says that it does not begin is believed after this time: a Secret or a volume may be just about to come.
inline constexpr std::chrono::minutes kStuck{1};
/// Nothing says so; but an image to pull or a volume to make from a snapshot seldom take as long.
inline constexpr std::chrono::minutes kIdle{10};

struct Sync {
  enum class Is {
    Working,   ///< or it may be: a change would tear it
    Stuck,     ///< nothing of it works, and that does not change by itself
    Overlong,  ///< it lasts longer than any should, whatever works there
    None       ///< there is none under way
  };
  Is is = Is::Working;
  std::optional<core::Time> until;  ///< of Working: look again then at the latest
  bool may_change() const { return is != Is::Working; }
};

/// `mover`: the Job of `object`, or nullptr: there is none.
Sync sync_of(const core::Observed& object, const Mover* mover, bool movers_known, const Options& options,
             core::Time now);

/// When a mover that has not failed, and has no pod at work, counts as one that does not begin; nullopt: it works.
std::optional<core::Time> late_at(const Mover& mover);

}  // namespace holdfast::generator
