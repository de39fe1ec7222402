// The restore of one PVC as it stands: what restore_stage() rests on, for the plan's own use.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// The value of the destination's annotation kVerified: `<PVC uid>/<snapshot id>`.
std::string verified_mark(std::string_view claim_uid, std::string_view snapshot);

/// The mark for this PVC that one of our destinations carries, under whatever name. A mark for an earlier PVC of the
/// same name is none.
VerifiedMark mark_on_destinations(const View& view);

/// What the memory is to have of this PVC; nullopt: it stays as it is. Where a PVC that waits is offered something else
/// than what was verified, that is taken back.
std::optional<VerifiedMark> mark_to_remember(const View& view);

/// What our destinations say, or what is remembered of a PVC that was filled: it holds what was verified, whatever
/// became of its objects. One that still waits gets what its next run restores, which nobody has verified yet.
VerifiedMark carried_mark(const View& view);

/// Whether the restore into this PVC was verified or accepted. A promise without a snapshot never is.
bool was_verified(const View& view);

/// The run of this PVC's promise, ours and not on its way out; nullptr: there is none, or it is of another promise.
const core::Observed* current_run(const View& view, const OpenPromise& promise);

/// That the promised snapshot is gone, and what to do; `place` is where it was.
std::string gone_snapshot(const OpenPromise& promise, const core::Catalog& catalog, std::string_view place);

/// Whether the PVC carries any of the annotations that only the webhook writes.
bool carries_promise(const core::Claim& claim);

}  // namespace holdfast::generator
