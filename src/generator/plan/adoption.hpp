// Whether an object of kyverno or pvc-plumber may be taken over: not where that would lead backups to a place where
// nobody looked for them so far, or leave behind those that lie there.
// Pure; any thread.
#pragma once

#include "holdfast/generator/plan.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {

/// Says that an object of another manager is left as it is because of its identity, and how to take it over.
Hold foreign_identity_hold(Part part, const core::Observed& object, const core::PvcName& pvc,
                           const core::Policy& policy);

/// Says that somebody else's ReplicationSource of another name backs the PVC up, and what settles it. `beside_another`:
/// there is one under our name too.
Hold rival_hold(const core::Observed& rival, bool beside_another, const core::PvcName& pvc, const core::Policy& policy);

}  // namespace holdfast::generator
