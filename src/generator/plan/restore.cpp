#include "src/generator/plan/restore.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/attempt.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/precondition.hpp"
#include "src/generator/plan/verified.hpp"

namespace holdfast::generator {
namespace {

using Stage = Restore::Stage;
using VerifiedBy = Restore::VerifiedBy;

/// A person has looked at this attempt and takes it as it is.
bool is_accepted(const core::Claim& claim, std::string_view token) {
  return base::trimmed(value_of(claim.pvc.annotations, key::kAcceptUnverified)) == token;
}

/// That the promised restore into this PVC was verified; empty: nothing was promised.
std::string promised_mark(const View& view) {
  const std::string_view snapshot = value_of(view.claim->pvc.annotations, core::key::kRestoredSnapshot);
  return snapshot.empty() ? std::string() : verified_mark(view.claim->uid, snapshot);
}

/// The destination shows what this run restored, and says that it was verified for this very PVC.
bool is_published(const View& view, const OpenPromise& promise, const core::Observed& run) {
  const core::Observed* destination = object_of(view, Part::Destination);
  if (!is_ours(destination) || !is_owned_by(*destination, view.claim->uid) ||
      destination->status.image != run.status.image)
    return false;
  return value_of(destination->meta.annotations, key::kVerified) == verified_mark(view.claim->uid, promise.snapshot);
}

/// With a cache of its own the fork changes the Job after its success and runs it once more: the image is made while
/// the second one writes. Earlier versions of holdfast asked for one.
std::string rerun_problem(const core::Observed& run) {
  return asks_for_cache(run) ? "the image may be of a half-written volume: the run has a cache of its own, for which "
                               "VolSync runs the mover a second time; the next attempt has none"
                             : "";
}

/// Holds the mover's words against what the repository holds since. A promised snapshot that is there after the mover's
/// end was there for the mover; without it the mover takes the one before, which may hold as many files.
void compare(Restore& restore, const View& view, const OpenPromise& promise, const core::Catalog& catalog,
             const core::Observed& run) {
  const auto snapshot = catalog.find(promise.source, promise.snapshot);
  if (!snapshot) {
    restore.problem =
        "the mover may have restored an older snapshot: " + gone_snapshot(promise, catalog, view.evidence->place);
    return;
  }
  restore.problem = count_problem(read_mover_log(run.status.mover_logs), *snapshot);
}

void say_grounds(Restore& restore, const MoverLog& log) {
  restore.verified_by = log.counts.empty() ? VerifiedBy::Log : VerifiedBy::Counts;
  restore.grounds = grounds_of(log);
}

/// What of the snapshot is known not to be in the volume as it was; empty: nothing is known.
std::string say_missing(const View& view, const OpenPromise& promise) {
  std::string missing;
  const auto* current = view.evidence == nullptr ? nullptr : std::get_if<core::Current>(&view.evidence->state);
  const auto snapshot =
      current != nullptr && current->catalog ? current->catalog->find(promise.source, promise.snapshot) : std::nullopt;
  if (snapshot && snapshot->failed > 0) {
    missing = fmt::format("{} {} missing: the backup could not read {}", snapshot->failed,
                          snapshot->failed == 1 ? "entry is" : "entries are", snapshot->failed == 1 ? "it" : "them");
  }
  const core::Observed* run = current_run(view, promise);
  if (run == nullptr || view.privileged_movers) return missing;
  const auto user = mover_user(*run);
  return missing + fmt::format(
                       "{}owners and modes may not be those of the backup: the mover has no privileges and runs "
                       "as {}",
                       missing.empty() ? "" : "; ",
                       user ? fmt::format("uid {}", *user) : std::string("the user of its image"));
}

/// Whether the promised snapshot is in the image, as far as that can be known now; Unverified stands for no.
void verify(Restore& restore, const View& view, const core::Policy& policy, const OpenPromise& promise,
            const core::Observed& run) {
  restore.problem = attempt_problem(run.status, promise.snapshot, view.index_blobs);
  // What was verified stays so: the repository goes on without it.
  if (restore.problem.empty() && !was_verified(view)) {
    restore.problem = rerun_problem(run);
    const auto known = usable_catalog_since(view, policy, Part::RestoreRun, run.end_seen);
    if (restore.problem.empty() && std::holds_alternative<Precondition>(known)) {
      restore.stage = Stage::Checking;
      return;
    }
    if (restore.problem.empty()) compare(restore, view, promise, *std::get<const core::Catalog*>(known), run);
  }
  restore.stage = restore.problem.empty() ? Stage::Verified : Stage::Unverified;
  if (restore.stage == Stage::Verified) say_grounds(restore, read_mover_log(run.status.mover_logs));
}

/// A run whose token VolSync reports as done.
void judge_finished(Restore& restore, const View& view, const core::Policy& policy, const OpenPromise& promise,
                    const core::Observed& run, core::Time now) {
  verify(restore, view, policy, promise, run);
  if (restore.stage != Stage::Verified && has_image(run.status) && is_accepted(*view.claim, restore.token)) {
    restore.stage = Stage::Verified;
    restore.verified_by = VerifiedBy::Person;
    restore.grounds = "a person takes it as it is";
  }
  if (restore.stage == Stage::Verified && is_published(view, promise, run)) restore.stage = Stage::Published;
  if (restore.stage != Stage::Unverified) return;
  restore.failed = run.status.mover_result == "Failed";
  // An end without a time must not put the next attempt off for ever.
  const core::Time ended = run.status.last_sync.value_or(run.meta.created.value_or(now));
  restore.next_attempt = ended + back_off(restore.attempt);
}

Restore while_pending(const View& view, const core::Policy& policy, const OpenPromise& promise, core::Time now) {
  Restore restore;
  restore.stage = Stage::Open;
  const core::Observed* run = current_run(view, promise);
  if (run == nullptr) return restore;
  restore.token = manual_token(*run);
  restore.attempt = attempt_of(restore.token, view.claim->uid, promise.snapshot).value_or(1);
  // VolSync works on it again, whatever the token says: what there is now is not what this end left.
  const bool again = run->status.sync_started && !was_verified(view);
  if (run->status.last_manual_sync == restore.token && !again) {
    judge_finished(restore, view, policy, promise, *run, now);
  } else if (run->status.mover_result == "Failed") {
    restore.stage = Stage::Unverified;
    restore.failed = true;
    restore.problem = mover_failure(run->status);
  } else {
    restore.stage = Stage::Running;
  }
  return restore;
}

Restore after_binding(const View& view) {
  const core::Observed* destination = object_of(view, Part::Destination);
  const bool open = is_ours(destination) && destination->status.image.has_value();
  Restore restore;
  restore.stage = open || is_ours(object_of(view, Part::RestoreRun)) ? Stage::Bound : Stage::Closed;
  return restore;
}

}  // namespace

std::string_view to_string(Stage stage) {
  static constexpr std::string_view kWords[] = {"none",     "open",      "running", "checking", "unverified",
                                                "verified", "published", "bound",   "closed"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(Stage::Closed) + 1);
  return kWords[static_cast<std::size_t>(stage)];
}

std::string_view to_string(VerifiedBy by) {
  static constexpr std::string_view kWords[] = {"", "log", "counts", "person"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(VerifiedBy::Person) + 1);
  return kWords[static_cast<std::size_t>(by)];
}

std::optional<OpenPromise> promise_of(const core::Claim& claim, const core::Policy& policy) {
  if (!core::refers_to_own_destination(claim.pvc, policy)) return std::nullopt;
  OpenPromise promise;
  promise.snapshot = value_of(claim.pvc.annotations, core::key::kRestoredSnapshot);
  promise.as_of = value_of(claim.pvc.annotations, core::key::kRestoredAsOf);
  const auto source = core::parse_identity(value_of(claim.pvc.annotations, core::key::kRestoredSource));
  if (promise.snapshot.empty() || promise.as_of.empty() || !source) return std::nullopt;
  promise.source = *source;
  return promise;
}

Restore restore_stage(const View& view, const core::Policy& policy, core::Time now) {
  if (view.claim == nullptr) return {};
  const auto promise = promise_of(*view.claim, policy);
  if (!promise) return {};
  // What is not Pending any more is never filled again.
  Restore restore = view.claim->phase == core::Claim::Phase::Pending ? while_pending(view, policy, *promise, now)
                                                                     : after_binding(view);
  const bool counts = restore.stage == Stage::Verified || restore.stage == Stage::Published || was_verified(view);
  if (counts) restore.missing = say_missing(view, *promise);
  return restore;
}

std::string gone_snapshot(const OpenPromise& promise, const core::Catalog& catalog, std::string_view place) {
  const auto newest = catalog.newest(promise.source);
  const std::string remedy = newest ? "delete the PVC and create it again to restore the newest that is left, of " +
                                          core::format_seconds(newest->start)
                                    : "no complete backup of it is left there: look for a copy of the repository "
                                      "before you create the PVC again";
  return fmt::format("the promised snapshot {} of {} is not in {} any more; {}", cut(promise.snapshot, 64),
                     core::to_string(promise.source), cut(place, 128), remedy);
}

std::string verified_mark(std::string_view claim_uid, std::string_view snapshot) {
  return std::string(claim_uid).append("/").append(snapshot);
}

VerifiedMark mark_on_destinations(const View& view) {
  const std::string prefix = verified_mark(view.claim->uid, "");
  const auto mark_on = [&](const core::Observed* destination) {
    if (!is_ours(destination)) return VerifiedMark{};
    VerifiedMark mark{std::string(value_of(destination->meta.annotations, key::kVerified)),
                      std::string(value_of(destination->meta.annotations, key::kVerifiedBy))};
    return mark.restore.starts_with(prefix) ? mark : VerifiedMark{};
  };
  VerifiedMark mark = mark_on(object_of(view, Part::Destination));
  for (const auto& [part, stray] : view.strays) {
    if (mark.restore.empty() && part == Part::Destination) mark = mark_on(stray);
  }
  return mark;
}

std::optional<VerifiedMark> mark_to_remember(const View& view) {
  if (view.claim == nullptr) return std::nullopt;
  const VerifiedMark mark = mark_on_destinations(view);
  if (!mark.restore.empty()) return mark;
  const core::Observed* destination = object_of(view, Part::Destination);  // whoever it belongs to
  const bool offers = destination != nullptr && destination->status.image.has_value();
  const bool waits = view.claim->phase == core::Claim::Phase::Pending;
  const bool counts = !view.remembered.verified.restore.empty();
  return offers && waits && counts ? std::optional(taken_back(view.claim->uid)) : std::nullopt;
}

VerifiedMark carried_mark(const View& view) {
  VerifiedMark mark = mark_on_destinations(view);
  const VerifiedMark& remembered = view.remembered.verified;
  const bool was_filled = view.claim->phase != core::Claim::Phase::Pending;
  if (!was_filled || is_taken_back(remembered)) return mark;
  if (!remembered.restore.starts_with(verified_mark(view.claim->uid, ""))) return mark;
  return mark.restore.empty() || remembered.restore == promised_mark(view) ? remembered : mark;
}

bool was_verified(const View& view) {
  const std::string promised = promised_mark(view);
  return !promised.empty() && carried_mark(view).restore == promised;
}

const core::Observed* current_run(const View& view, const OpenPromise& promise) {
  const core::Observed* run = object_of(view, Part::RestoreRun);
  if (!is_ours(run) || run->meta.deleting || !is_owned_by(*run, view.claim->uid)) return nullptr;
  return attempt_of(manual_token(*run), view.claim->uid, promise.snapshot) ? run : nullptr;
}

bool carries_promise(const core::Claim& claim) {
  return std::ranges::any_of(core::kPromiseKeys,
                             [&](std::string_view key) { return claim.pvc.annotations.contains(key); });
}

}  // namespace holdfast::generator
