// What the objects around a PVC say to the rules 7 and 8 of a decision.
// Pure; any thread.
#pragma once

#include "holdfast/core/claim.hpp"
#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/policy.hpp"

namespace holdfast::generator {

/// `destination` nullptr: there is none of that name. `adopt`: objects of kyverno and pvc-plumber that the generator
/// takes over for `pvc` count as ours.
core::Destination destination_facts(const core::Observed* destination, bool adopt, const core::PvcName& pvc,
                                    const core::Policy& policy);

/// `source` nullptr: likewise. `mover_runs`: a Job of its mover is under way.
core::BackupActivity backup_facts(const core::Observed* source, bool mover_runs);

}  // namespace holdfast::generator
