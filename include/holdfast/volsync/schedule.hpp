// Cron schedules as VolSync takes them, and the minute that a PVC has for itself.
// Pure; any thread. Source of the grammar: the pattern of `spec.trigger.schedule` in VolSync's CRDs, narrowed to what
// its parser (robfig/cron) accepts.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "holdfast/core/identity.hpp"

namespace holdfast::volsync {

/// A valid schedule with single spaces between its fields and with the PVC's own minute for a minute field "M".
std::string spread(std::string_view schedule, const core::PvcName& pvc);

/// How much time passes between two of a valid schedule at the most, roughly: so many hours for "*/12" as the hour,
/// else an hour, a day, a week, a month or a year.
std::chrono::hours longest_pause(std::string_view schedule);

/// How old the newest backup of a valid schedule may become: one is left out without a word, for a busy hour or a night
/// of maintenance. 3 h of an hourly one, 50 h of a daily one.
std::chrono::hours overdue_after(std::string_view schedule);

}  // namespace holdfast::volsync
