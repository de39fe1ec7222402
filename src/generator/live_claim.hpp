// What an action rests on, held against what the API server says now: a watch that has fallen silent says nothing, and
// so does one that shows a PVC which is gone, or does not show one that lives.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/generator/plan.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::generator {

/// Whether the PVC, and whether its namespace, is to be read again before the action.
bool rests_on_claim(const Action& action);
bool rests_on_namespace(const Action& action);

/// Why the action must not be done now, by the answer to that reading; empty: it may be.
std::string objection_by_claim(const Action& action, const kube::Result& claim);
std::string objection_by_namespace(const Action& action, const kube::Result& ns);

}  // namespace holdfast::generator
