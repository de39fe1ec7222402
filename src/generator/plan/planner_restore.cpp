// The restore of a promise, and what the destination shows: never an image but the one that was verified for this very
// PVC, and only while the PVC waits for it.
#include <algorithm>

#include <fmt/format.h>

#include "holdfast/core/intent.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/attempt.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"
#include "src/generator/plan/restore.hpp"

namespace holdfast::generator {

using Stage = Restore::Stage;

namespace {

/// Its going is told at once, but for names that are too long to be told whose they are.
constexpr std::chrono::seconds kLookAtVolumeAgain{30};
/// Whoever was to remove it has by then.
constexpr std::chrono::minutes kVolumeGoes{10};

/// Of what the attempt with this token has restored; empty: that is nothing.
std::string how_to_accept(const core::SyncStatus& run, std::string_view token) {
  if (run.last_manual_sync != token || !has_image(run)) return {};
  return fmt::format("; to take it as it is, annotate the PVC with `{}: {}`", key::kAcceptUnverified, token);
}

constexpr std::chrono::seconds kMemoryAgain{2};
constexpr std::chrono::seconds kReadyAgain{2};  ///< a restore waits for it, and most drivers need a second
constexpr std::chrono::minutes kFitsAgain{5};

Hold not_ready_hold(const core::Image& image) {
  return make_hold(Part::Destination, "RestoreImageNotReady",
                   fmt::format("the restore is verified and offered as soon as the CSI driver says that VolumeSnapshot "
                               "{} is ready (status.readyToUse)",
                               cut(image.name, 253)));
}

/// A request can be raised on a Bound PVC only.
Hold too_small_hold(const core::Claim& claim, const UnfitImage& unfit) {
  return make_warning(Part::Destination, "RestoreSizeExceedsRequest",
                      "the PVC stays Pending: its restore is verified, and it requests {}, but no CSI driver fills it "
                      "from VolumeSnapshot {}, whose restoreSize is {}: request at least {}; a Pending PVC cannot be "
                      "changed, so set resources.requests.storage to at least {} in its manifest (or "
                      "volumeClaimTemplates), delete the PVC and create it again: it is restored then",
                      cut(claim.requested, 32), cut(unfit.name, 253), cut(unfit.needed, 32), cut(unfit.needed, 32),
                      cut(unfit.needed, 32));
}

}  // namespace

void Planner::run() {
  report_missing_promise();
  if (!is_wanted(Part::RestoreRun) || !available(Part::RestoreRun)) return;
  if (plan_.restore.stage == Stage::Unverified) report_unverified();
  if (plan_.restore.stage == Stage::Checking) wait_for_proof();
  // A restore through somebody else's destination leads nowhere.
  if (standing_of(object_of(view_, Part::Destination)) == Standing::Foreign) return;
  // Nor does what it says of a run that is gone hold for the next one: that is taken off first.
  if (!mark_on_destinations(view_).restore.empty()) return;
  const core::Observed* there = object_of(view_, Part::RestoreRun);
  if (plan_.restore.stage == Stage::Open) {
    // An earlier one, ours, is taken away first.
    if (!is_ours(there)) start_run(1);
    return;
  }
  const bool by_itself = plan_.restore.stage == Stage::Unverified && !plan_.restore.next_attempt;
  if (plan_.restore.stage == Stage::Running || by_itself) return correct_run();
  const bool due = plan_.restore.next_attempt && *plan_.restore.next_attempt <= now_;
  if (plan_.restore.stage == Stage::Unverified && due) start_run(plan_.restore.attempt + 1);
}

void Planner::start_run(int attempt) {
  const auto wanted = wanted_run(attempt);
  if (!wanted) return;
  const core::Observed* there = object_of(view_, Part::RestoreRun);
  const std::size_t before = plan_.actions.size();
  settle(*wanted, is_ours(there) ? idle_job(Part::RestoreRun, *there) : "");
  if (plan_.actions.size() > before) plan_.steps.push_back(RestoreStep::Started);
}

/// VolSync goes on with what it was told first until that succeeds: where it does not get on, and would be told
/// otherwise now, that is another attempt.
void Planner::correct_run() {
  const core::Observed& there = *object_of(view_, Part::RestoreRun);
  const Sync state = sync(Part::RestoreRun, there);
  if (state.is == Sync::Is::None || !state.may_change()) return look_again(state.until);
  const auto now = wanted_run(plan_.restore.attempt);
  if (now && !same(*now, there)) start_run(plan_.restore.attempt + 1);
}

/// nullopt: it cannot begin now.
std::optional<Object> Planner::wanted_run(int attempt) {
  const auto promise = promise_of(*view_.claim, policy_);
  if (!movable(Part::RestoreRun, promise->source)) return std::nullopt;
  const auto catalog = usable_catalog(view_, policy_, Part::RestoreRun);
  if (const auto* unmet = std::get_if<Precondition>(&catalog)) {
    hold(*unmet);
    return std::nullopt;
  }
  const auto snapshot = std::get<const core::Catalog*>(catalog)->find(promise->source, promise->snapshot);
  if (!snapshot) {
    // Of an attempt that is over it has been said.
    if (attempt == 1) report_gone_snapshot(*promise, *std::get<const core::Catalog*>(catalog), "");
    return std::nullopt;
  }
  RunWish wish{promise->source, snapshot->start_time, attempt_token(view_.claim->uid, promise->snapshot, attempt),
               owner_of_root(*snapshot)};
  if (waits_for_volume()) return std::nullopt;
  return run_object(subject(), wish);
}

/// VolSync knows the volume of a run by the run's name alone: a new run would restore into what an earlier one has
/// left, and add to it what the other snapshot held.
bool Planner::waits_for_volume() {
  const core::Claim* volume = view_.run_volume;
  if (volume == nullptr) return false;
  const auto& owners = volume->pvc.owners;
  const core::Observed* run = object_of(view_, Part::RestoreRun);
  const auto is_it = [run](const core::OwnerReference& owner) { return run != nullptr && owner.uid == run->meta.uid; };
  if (std::ranges::any_of(owners, is_it)) return false;
  const auto& created = view_.claim->created;
  const bool stays = owners.empty() || (created && *created + kVolumeGoes <= now_);
  hold(make_hold(
           Part::RestoreRun, "RunVolumeLeft",
           fmt::format(
               "the PVC stays Pending: PVC {}, into which an earlier restore went, is still there, and what it holds "
               "would get into this one; {} `kubectl -n {} delete pvc {}`",
               volume->pvc.name,
               owners.empty() ? "nobody owns it, so nobody removes it:" : "Kubernetes removes it; if it stays:",
               volume->pvc.ns, volume->pvc.name),
           stays),
       now_ + kLookAtVolumeAgain);
  return true;
}

/// No attempt has failed, and none begins: only what the repository holds is to be read again.
void Planner::wait_for_proof() {
  const auto known =
      usable_catalog_since(view_, policy_, Part::RestoreRun, object_of(view_, Part::RestoreRun)->end_seen);
  if (const auto* unmet = std::get_if<Precondition>(&known)) hold(*unmet);
}

void Planner::report_unverified() {
  const Restore& restore = plan_.restore;
  plan_.steps.push_back(restore.failed ? RestoreStep::Failed : RestoreStep::Unverified);
  // Each attempt has one message, so it waits for what the repository says.
  plan_.needs_evidence = plan_.needs_evidence || view_.evidence == nullptr;
  if (view_.evidence == nullptr) return;
  const std::string accept = how_to_accept(object_of(view_, Part::RestoreRun)->status, restore.token);
  const auto promise = promise_of(*view_.claim, policy_);
  const auto usable = usable_catalog(view_, policy_, Part::RestoreRun);
  const auto* catalog = std::get_if<const core::Catalog*>(&usable);
  const bool gone = catalog != nullptr && !(*catalog)->find(promise->source, promise->snapshot);
  if (gone) return report_gone_snapshot(*promise, **catalog, accept);
  hold(make_warning(Part::RestoreRun, "RestoreNotVerified",
                    "the PVC stays Pending, attempt {} of its restore is not verified: {}; {}{}", restore.attempt,
                    cut(restore.problem, 640),
                    restore.next_attempt ? "the next attempt is due at " + core::format_seconds(*restore.next_attempt)
                                         : "VolSync tries again by itself",
                    accept),
       restore.next_attempt);
}

/// Why no attempt can bring it, whatever the last one did.
void Planner::report_gone_snapshot(const OpenPromise& promise, const core::Catalog& catalog, std::string_view accept) {
  hold(make_warning(Part::RestoreRun, "RestoreNotVerified", "the PVC stays Pending: {}{}{}",
                    gone_snapshot(promise, catalog, view_.evidence->place),
                    accept.empty() ? "" : "; what was restored may be an older one", accept));
}

/// A PVC that was created past the webhook may refer to a destination that nobody is going to open.
void Planner::report_missing_promise() {
  const auto& reference = view_.claim->pvc.data_source_ref;
  const bool waiting = view_.claim->phase == core::Claim::Phase::Pending && plan_.restore.stage == Stage::None;
  if (!waiting || !reference || reference->kind != core::kDestinationKind) return;
  // A promise by another name: the naming strategy has changed since.
  if (!carries_promise(*view_.claim) && !core::refers_to_own_destination(view_.claim->pvc, policy_)) return;
  hold(make_warning(Part::Destination, "RestoreNotPromised",
                    "the PVC stays Pending: it refers to ReplicationDestination {}, and no restore of it was promised "
                    "under that name; delete the PVC and create it again while holdfast's webhook is in place",
                    cut(reference->name, 253)));
}

/// What the destination may show now; nullopt: nothing.
std::optional<core::Image> Planner::rightful_image() const {
  const Stage stage = plan_.restore.stage;
  if (stage != Stage::Verified && stage != Stage::Published) return std::nullopt;
  if (view_.claim->deleting || view_.namespace_deleting) return std::nullopt;
  const core::Observed* destination = object_of(view_, Part::Destination);
  if (!is_ours(destination) || !is_owned_by(*destination, view_.claim->uid)) return std::nullopt;
  const auto promise = promise_of(*view_.claim, policy_);
  const std::string_view mark = value_of(destination->meta.annotations, key::kVerified);
  if (mark != verified_mark(view_.claim->uid, promise->snapshot)) return std::nullopt;
  return object_of(view_, Part::RestoreRun)->status.image;
}

/// It is said as long as nothing else is known, and tried again from time to time: the snapshot is read with each try.
bool Planner::waits_for_fitting_image(const core::Image& image) {
  const UnfitImage* unfit = view_.unfit_image;
  if (unfit == nullptr || unfit->name != image.name) return false;
  const core::Time next_try = unfit->seen + (unfit->needed.empty() ? kReadyAgain : kFitsAgain);
  hold(unfit->needed.empty() ? not_ready_hold(image) : too_small_hold(*view_.claim, *unfit), next_try);
  return now_ < next_try;
}

/// A moment after the offer the PVC may be filled and the destination gone that says with what. A memory that has a
/// problem of its own keeps no data back.
bool Planner::waits_for_memory(const core::Observed& destination) {
  if (is_remembered(destination) || !view_.remembered.problem.empty()) return false;
  plan_.needs_memory = true;
  hold(make_hold(Part::Destination, "VerifiedNotRemembered",
                 "the restore is verified and offered as soon as the memory of verified restores has it"),
       now_ + kMemoryAgain);
  return true;
}

void Planner::publish() {
  if (plan_.restore.stage == Stage::Published) {
    return hold(make_hold(Part::Destination, "WaitsForPopulator",
                          "the restore is verified and offered: the PVC is filled when the volume populator runs, with "
                          "most storage classes not before a pod that uses it is scheduled, however long that takes"));
  }
  const core::Observed* destination = object_of(view_, Part::Destination);
  const auto image = rightful_image();
  if (!image || known_of(view_, Part::Destination) != Known::Current || destination->meta.deleting) return;
  // One step at a time: a destination that is about to be written or emptied is filled by the next plan.
  const auto concerns_destination = [](const Action& action) {
    const auto* apply = std::get_if<Apply>(&action);
    return std::holds_alternative<SetImage>(action) || (apply != nullptr && apply->object.part == Part::Destination);
  };
  if (destination->status.image || std::ranges::any_of(plan_.actions, concerns_destination)) return;
  if (waits_for_fitting_image(*image) || waits_for_memory(*destination)) return;
  plan_.actions.emplace_back(SetImage{destination->meta.ns, destination->meta.name, destination->meta.uid,
                                      destination->meta.resource_version, image, view_.claim->uid});
  plan_.steps.push_back(RestoreStep::Published);
}

/// The image goes before the run, whose snapshot it is.
void Planner::close() {
  const core::Observed* run = object_of(view_, Part::RestoreRun);
  if (is_wanted(Part::RestoreRun) || !is_ours(run) || run->meta.deleting || is_strangers(run)) return;
  const core::Observed* destination = object_of(view_, Part::Destination);
  if (known_of(view_, Part::Destination) != Known::Current || (is_ours(destination) && destination->status.image))
    return;
  remove(Part::RestoreRun, *run, "restore-done");
  if (plan_.restore.stage == Stage::Bound) plan_.steps.push_back(RestoreStep::Closed);
}

}  // namespace holdfast::generator
