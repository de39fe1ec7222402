#include "src/generator/restore.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "holdfast/core/intent.hpp"
#include "src/generator/attempt.hpp"
#include "src/generator/gate.hpp"
#include "src/generator/hold.hpp"
#include "src/generator/observed.hpp"
#include "src/generator/text.hpp"

namespace holdfast::generator {
namespace {

using Stage = Restore::Stage;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string annotation(const core::StringMap& annotations, std::string_view key) {
  const std::string* found = core::lookup(annotations, key);
  return found == nullptr ? std::string() : *found;
}

/// How many files the promised snapshot holds, as written down when the run began.
std::optional<std::int64_t> expected_files(const core::Observed& run, const OpenPromise& promise, const View& view) {
  const std::string text = annotation(run.meta.annotations, key::kExpectedFiles);
  if (const auto files = whole_number(text, 0, std::numeric_limits<std::int64_t>::max())) return files;
  const auto* current = view.evidence == nullptr ? nullptr : std::get_if<core::Current>(&view.evidence->state);
  if (current == nullptr || !current->catalog) return std::nullopt;
  const auto snapshot = current->catalog->find(promise.source, promise.snapshot);
  return snapshot ? std::optional(snapshot->files) : std::nullopt;
}

/// A person has looked at this attempt and takes it as it is.
bool is_accepted(const core::Claim& claim, std::string_view token) {
  return trimmed(annotation(claim.pvc.annotations, key::kAcceptUnverified)) == token;
}

/// The door shows what this run restored, and says that it was verified for this very PVC.
bool is_published(const View& view, const OpenPromise& promise, const core::Observed& run) {
  const core::Observed* door = object_of(view, Part::Door);
  if (!is_ours(door) || !is_owned_by(*door, view.claim->uid) || door->status.image != run.status.image) return false;
  return annotation(door->meta.annotations, key::kVerified) == verified_mark(view.claim->uid, promise.snapshot);
}

/// Without the promised snapshot the mover takes the one before it, which may hold as many files.
std::string gone_problem(const View& view, const core::Policy& policy, const OpenPromise& promise) {
  const auto catalog = usable_catalog(view, policy, Part::Run);
  const auto* known = std::get_if<const core::Catalog*>(&catalog);
  if (known == nullptr || (*known)->find(promise.source, promise.snapshot)) return {};
  return "the mover may have restored an older snapshot: " + gone_snapshot(promise, **known, view.evidence->place);
}

std::string finished_problem(const View& view, const core::Policy& policy, const OpenPromise& promise,
                             const core::Observed& run) {
  std::string problem = attempt_problem(run.status, expected_files(run, promise, view), view.index_blobs);
  return problem.empty() && !was_verified(view) ? gone_problem(view, policy, promise) : problem;
}

/// A run whose token VolSync reports as done; `restore.problem` says what is wrong with it.
void judge_finished(Restore& restore, const View& view, const OpenPromise& promise, const core::Observed& run,
                    core::Time now) {
  restore.accepted = !restore.problem.empty() && has_image(run.status) && is_accepted(*view.claim, restore.token);
  if (restore.problem.empty() || restore.accepted) {
    restore.stage = is_published(view, promise, run) ? Stage::Published : Stage::Verified;
    return;
  }
  restore.stage = Stage::Unverified;
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
  if (run->status.last_manual_sync == restore.token) {
    restore.problem = finished_problem(view, policy, promise, *run);
    judge_finished(restore, view, promise, *run, now);
  } else if (run->status.mover_result == "Failed") {
    restore.stage = Stage::Unverified;
    restore.failed = true;
    restore.problem = mover_failure(run->status, view.index_blobs);
  } else {
    restore.stage = Stage::Running;
  }
  return restore;
}

Restore after_binding(const View& view) {
  const core::Observed* door = object_of(view, Part::Door);
  const bool open = is_ours(door) && door->status.image.has_value();
  Restore restore;
  restore.stage = open || is_ours(object_of(view, Part::Run)) ? Stage::Bound : Stage::Closed;
  return restore;
}

}  // namespace

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::None:
      return "none";
    case Stage::Open:
      return "open";
    case Stage::Running:
      return "running";
    case Stage::Unverified:
      return "unverified";
    case Stage::Verified:
      return "verified";
    case Stage::Published:
      return "published";
    case Stage::Bound:
      return "bound";
    case Stage::Closed:
      return "closed";
  }
  return "none";
}

std::optional<OpenPromise> promise_of(const core::Claim& claim, const core::Policy& policy) {
  if (!core::refers_to_own_destination(claim.pvc, policy)) return std::nullopt;
  OpenPromise promise;
  promise.snapshot = annotation(claim.pvc.annotations, core::key::kRestoredSnapshot);
  promise.as_of = annotation(claim.pvc.annotations, core::key::kRestoredAsOf);
  const auto source = core::parse_identity(annotation(claim.pvc.annotations, core::key::kRestoredSource));
  if (promise.snapshot.empty() || promise.as_of.empty() || !source) return std::nullopt;
  promise.source = *source;
  return promise;
}

Restore restore_stage(const View& view, const core::Policy& policy, core::Time now) {
  if (view.claim == nullptr) return {};
  const auto promise = promise_of(*view.claim, policy);
  if (!promise) return {};
  // What is not Pending any more is never filled again.
  return view.claim->phase == core::Claim::Phase::Pending ? while_pending(view, policy, *promise, now)
                                                          : after_binding(view);
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

std::string carried_mark(const View& view) {
  const std::string prefix = verified_mark(view.claim->uid, "");
  const auto mark_on = [&](const core::Observed* door) {
    if (!is_ours(door)) return std::string();
    const std::string mark = annotation(door->meta.annotations, key::kVerified);
    return mark.starts_with(prefix) ? mark : std::string();
  };
  std::string mark = mark_on(object_of(view, Part::Door));
  for (const auto& [part, stray] : view.strays) {
    if (mark.empty() && part == Part::Door) mark = mark_on(stray);
  }
  return mark;
}

bool was_verified(const View& view) {
  const std::string snapshot = annotation(view.claim->pvc.annotations, core::key::kRestoredSnapshot);
  return !snapshot.empty() && carried_mark(view) == verified_mark(view.claim->uid, snapshot);
}

const core::Observed* current_run(const View& view, const OpenPromise& promise) {
  const core::Observed* run = object_of(view, Part::Run);
  if (!is_ours(run) || run->meta.deleting || !is_owned_by(*run, view.claim->uid)) return nullptr;
  return attempt_of(manual_token(*run), view.claim->uid, promise.snapshot) ? run : nullptr;
}

bool carries_promise(const core::Claim& claim) {
  return std::any_of(std::begin(core::kPromiseKeys), std::end(core::kPromiseKeys),
                     [&](std::string_view key) { return core::lookup(claim.pvc.annotations, key) != nullptr; });
}

}  // namespace holdfast::generator
