// What is taken away: images that do not belong on a destination, and objects of ours that have no use any more.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/attempt.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"
#include "src/generator/plan/restore.hpp"
#include "src/generator/plan/verified.hpp"

namespace holdfast::generator {

/// Always safe, so it comes before every question: whoever refers to an empty destination waits.
void Planner::take_wrong_images_off() {
  if (!knows_images()) return;
  const core::Observed* destination = object_of(view_, Part::Destination);
  if (is_ours(destination) && has_wrong_image(*destination)) take_image_off(*destination);
  for (const auto& [part, stray] : view_.strays) {
    if (part == Part::Destination && is_ours(stray) && stray->status.image) take_image_off(*stray);
  }
}

bool Planner::knows_images() const {
  const bool restore_known = view_.claim == nullptr || known_of(view_, Part::RestoreRun) == Known::Current;
  return known_of(view_, Part::Destination) == Known::Current && restore_known;
}

bool Planner::has_wrong_image(const core::Observed& destination) const {
  return destination.status.image && destination.status.image != rightful_image();
}

bool Planner::changes_image_of(const core::Observed& destination) const {
  return std::ranges::any_of(plan_.actions, [&](const Action& action) {
    const auto* image = std::get_if<SetImage>(&action);
    return image != nullptr && image->uid == destination.meta.uid;
  });
}

void Planner::take_image_off(const core::Observed& destination) {
  plan_.actions.emplace_back(SetImage{destination.meta.ns, destination.meta.name, destination.meta.uid,
                                      destination.meta.resource_version, std::nullopt, ""});
}

/// What an earlier PVC of this name left would back up, or restore into, the wrong volume. Destinations and secrets
/// only change hands.
void Planner::remove_strangers() {
  const auto promise = promise_of(*view_.claim, policy_);
  const auto consider = [&](Part part, const core::Observed* object) {
    if (known_of(view_, part) != Known::Current || !is_ours(object)) return;
    if (is_strangers(object)) return remove(part, *object, "owner-gone");
    // Of this PVC, but of another promise than the one it makes now.
    const bool stale = part == Part::RestoreRun && is_wanted(Part::RestoreRun) &&
                       !attempt_of(manual_token(*object), view_.claim->uid, promise->snapshot);
    if (stale) remove(part, *object, "restore-done");
  };
  for (const Part part : {Part::Source, Part::OffsiteSource, Part::RestoreRun, Part::Drill})
    consider(part, object_of(view_, part));
  for (const auto& [part, stray] : view_.strays) {
    if (family(part) == Family::Sources) consider(part, stray);
  }
}

void Planner::remove_strays() {
  if (!view_.watches_current) return;
  for (const auto& [part, stray] : view_.strays) {
    if (known_of(view_, part) != Known::Current || !is_ours(stray)) continue;
    const bool gone_already = is_strangers(stray) && family(part) == Family::Sources;
    if (gone_already || (is_wanted(part) && !successor_exists(part)) || waits(*stray, part)) continue;
    remove(part, *stray, kRenamed, idle_job(part, *stray));
  }
}

bool Planner::successor_exists(Part part) const {
  const core::Observed* there = object_of(view_, part);
  return is_ours(there) && !there->meta.deleting && is_owned_by(*there, view_.claim->uid);
}

bool Planner::waits(const core::Observed& stray, Part part) {
  if (part == Part::Destination) {
    // It goes when it shows nothing more, and its mark is where it is carried on.
    const std::string* mark = core::lookup(stray.meta.annotations, key::kVerified);
    const core::Observed* destination = object_of(view_, Part::Destination);
    const std::string* kept =
        is_ours(destination) ? core::lookup(destination->meta.annotations, key::kVerified) : nullptr;
    const bool counts = mark != nullptr && !waits_for_a_run() && mark->starts_with(verified_mark(view_.claim->uid, ""));
    return stray.status.image.has_value() || (counts && kept == nullptr);
  }
  if (family(part) != Family::Sources) return false;
  const Sync state = sync(part, stray);
  if (state.may_change()) return false;
  hold(make_hold(part, "Synchronizing",
                 "ReplicationSource " + stray.meta.name +
                     " is not wanted any more; it is removed when its backup under way is done, or does not get on"),
       state.until);
  return true;
}

void Planner::remove_everything(std::string_view reason) {
  // The policy that does it instead looks at the PVC and its labels.
  if (options_.kyverno_cleanup) return;
  // Who has not seen it lately does not know that it is not there.
  if (!view_.watches_current) return;
  for (const Part part : {Part::Source, Part::OffsiteSource, Part::RestoreRun, Part::Drill, Part::Destination,
                          Part::OffsiteSecret, Part::Secret}) {
    const auto consider = [&](const core::Observed* object) {
      // Whose owner is another PVC is not an orphan of this one, whatever else is written on it.
      if (!is_ours(object) || is_owned_by_another(*object, view_.pvc.name)) return;
      if (!waits_to_be_remembered(part, *object)) remove(part, *object, reason);
    };
    if (known_of(view_, part) != Known::Current) continue;
    consider(object_of(view_, part));
    for (const auto& [stray_part, stray] : view_.strays) {
      if (stray_part == part) consider(stray);
    }
  }
}

bool Planner::is_remembered(const core::Observed& destination) const {
  const std::string mark(value_of(destination.meta.annotations, key::kVerified));
  if (mark != mark_on_destinations(view_).restore || !can_be_remembered({mark, {}})) return true;
  return view_.remembered.stored && view_.remembered.verified.restore == mark;
}

/// That a restore was verified must outlive the destination that says so, as long as the PVC does. One that waits may
/// be filled at any moment.
bool Planner::waits_to_be_remembered(Part part, const core::Observed& object) {
  if (part != Part::Destination || view_.claim == nullptr || is_remembered(object)) return false;
  const Remembered& remembered = view_.remembered;
  plan_.needs_memory = true;
  const bool in_trouble = !remembered.problem.empty();
  hold(make_hold(
      part, "VerifiedNotRemembered",
      fmt::format("ReplicationDestination {} goes when the memory of verified restores has what it says of this PVC{}",
                  object.meta.name, in_trouble ? ": " + cut(one_line(remembered.problem), 400) : ""),
      in_trouble));
  return true;
}

void Planner::remove(Part part, const core::Observed& object, std::string_view reason, std::string idle_job) {
  // An image that is taken off makes another version of the destination: the next plan removes that one.
  if (object.meta.deleting || changes_image_of(object)) return;
  Remove action{
      part, object.meta.ns, object.meta.name, object.meta.uid, object.meta.resource_version, std::string(reason)};
  if (view_.claim != nullptr) action.claim_uid = view_.claim->uid;
  if (reason == kNotProtected || reason == kRenamed) {
    action.claim_version = view_.claim->resource_version;
    action.namespace_labels = *view_.namespace_labels;
  }
  action.idle_job = std::move(idle_job);
  plan_.actions.emplace_back(std::move(action));
}

}  // namespace holdfast::generator
