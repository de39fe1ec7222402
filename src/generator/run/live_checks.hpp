// What an action rests on, held against what the API server says now: a watch that has fallen silent says nothing, and
// so does one that shows a PVC which is gone, does not show one that lives, or has not told yet that a mover is at
// work. Pure; any thread.
#pragma once

#include <optional>
#include <vector>

#include "holdfast/generator/plan.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::generator {

/// One object to be read again right before an action.
struct LiveCheck {
  kube::Target target;
  /// Why the action must not be done now, by an answer that does not pass by itself; nullopt: it may be.
  std::optional<kube::ApiError> (*objection)(const Action& action, const kube::Result& answer);
};

/// In this order; an objection to one ends them. `pvc`: whose action it is.
std::vector<LiveCheck> live_checks(const Action& action, const core::PvcName& pvc);

}  // namespace holdfast::generator
