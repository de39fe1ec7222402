// What would be decided about a PVC that exists, were it created now as its author wrote it.
// Pure, but for the time of day in messages; any thread.
#pragma once

#include <memory>

#include "holdfast/core/decide.hpp"
#include "holdfast/generator/plan.hpp"
#include "holdfast/volsync/seen.hpp"

namespace holdfast::generator {

/// `view` has a claim.
core::Intent intent_now(const View& view, const core::Policy& policy);

/// `stage` of its restore. `seen` nullptr: the memory is not known, and rule 9 is left out.
core::Verdict verdict_now(const View& view, Restore::Stage stage, const core::Evidence& evidence,
                          const core::Policy& policy, Adopts adopts, const Seen* seen);

/// The backups of the repository that is pinned; nullptr: not proven.
std::shared_ptr<const core::Catalog> proven_catalog(const core::Evidence* evidence, const core::Policy& policy);

}  // namespace holdfast::generator
