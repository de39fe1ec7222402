// Cron schedules as VolSync takes them, and the minute that a PVC has for itself.
// Pure; any thread. Source of the grammar: the pattern of `spec.trigger.schedule` in VolSync's CRDs, narrowed to what
// its parser (robfig/cron) accepts.
#pragma once

#include <string>
#include <string_view>

#include "holdfast/core/identity.hpp"

namespace holdfast::generator {

/// A valid schedule with single spaces between its fields and with the PVC's own minute for a minute field "M".
std::string spread(std::string_view schedule, const core::PvcName& pvc);

}  // namespace holdfast::generator
