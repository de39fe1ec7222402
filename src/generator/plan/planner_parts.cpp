// What is written for a protected PVC: the secret before the destination, the destination before the source.
#include <fmt/format.h>

#include "holdfast/core/mover_identity.hpp"
#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"
#include "src/generator/plan/precondition.hpp"
#include "src/generator/plan/restore.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kMaxReasonBytes = 256;
constexpr std::string_view kNotReady = "not ready: ";

}  // namespace

void Planner::secret() {
  if (view_.secret_copy.starts_with(kNotReady)) hold_secret(view_.secret_copy.substr(kNotReady.size()));
  if (!is_wanted(Part::Secret) || !available(Part::Secret)) return;
  const core::Observed* there = object_of(view_, Part::Secret);
  if (is_read_by_others(there)) return hold_adoption(Part::Secret, Part::Source);
  settle(secret_object(subject()));
  if (!is_ours(there) || there->ready.empty() || there->ready == "True") return;
  hold_secret(there->ready);
}

void Planner::hold_secret(std::string_view why) {
  hold(make_warning(Part::Secret, "SecretNotReady", "backups and restores of this PVC wait for their secret: {}",
                    cut(one_line(why), 512)));
}

void Planner::destination() {
  if (!available(Part::Destination)) return;
  // Which backups it is the destination to, is its ReplicationSource's to say: not known yet, not written.
  if (known_of(view_, Part::Source) == Known::NotYet) return;
  if (movable(Part::Destination, identity_)) settle(destination_object(subject(), mark_to_carry(), plan_.drill.last));
}

/// That a restore was verified is written down as long as the PVC lives; only the plan that finds it so adds it. As
/// long as the PVC waits it is so of the run that is there, and not of one that follows it.
VerifiedMark Planner::mark_to_carry() {
  VerifiedMark carried = carried_mark(view_);
  const Restore::Stage stage = plan_.restore.stage;
  const auto promise = promise_of(*view_.claim, policy_);
  if (!promise) return carried;
  if (stage != Restore::Stage::Verified && stage != Restore::Stage::Published) {
    return waits_for_a_run() ? VerifiedMark{} : carried;
  }
  std::string mark = verified_mark(view_.claim->uid, promise->snapshot);
  if (mark == carried.restore) return carried;
  const bool accepted = plan_.restore.verified_by == Restore::VerifiedBy::Person;
  plan_.steps.push_back(accepted ? RestoreStep::AcceptedUnverified : RestoreStep::Verified);
  return {std::move(mark), std::string(to_string(plan_.restore.verified_by))};
}

bool Planner::waits_for_a_run() const {
  return view_.claim->phase == core::Claim::Phase::Pending && known_of(view_, Part::RestoreRun) == Known::Current;
}

void Planner::source() {
  if (!available(Part::Source)) return;
  const core::Observed* there = object_of(view_, Part::Source);
  if (is_strangers(there) || !movable(Part::Source, identity_)) return;
  const Object wanted = wanted_source(there);
  if (is_ours(there)) {
    report_rivals(there);
    if (view_.ownership.is_another_at_work(identity_, view_.pvc)) hold(identity_taken_hold(identity_, view_, true));
    return existing_source(*there, wanted);
  }
  if (standing_of(there) == Standing::Foreign) return settle(wanted);
  if (report_rivals(there) && there == nullptr) return;
  if (auto unmet = source_precondition(view_, policy_, options_, now_)) return hold(*std::move(unmet));
  if (there == nullptr) return settle(wanted);
  if (leads_elsewhere(*there)) {
    const bool writes = options_.secret.writes_external();
    return hold(secret_elsewhere_hold(*there, secret_name(options_.secret, view_.pvc), writes));
  }
  existing_source(*there, wanted);
}

Object Planner::wanted_source(const core::Observed* there) const {
  return source_object(subject(), is_ours(there) ? requested_backup(*there) : BackupRequest{},
                       there == nullptr ? std::string() : kept_schedule(*there, plan_.protection.tier));
}

void Planner::existing_source(const core::Observed& there, const Object& wanted) {
  if (is_ours(&there)) report_stopped(wanted.part, there);
  if (there.meta.deleting || same(wanted, there)) return;
  const Sync state = sync(wanted.part, there);
  if (state.may_change()) return settle(wanted, idle_job(wanted.part, there));
  hold(make_hold(wanted.part, "Synchronizing",
                 "the ReplicationSource changes when the backup under way is done, or does not get on: it is never "
                 "edited while its mover works"),
       state.until);
}

/// Two sources with kopia's mover would each keep a part of one PVC's backups. What another mover makes is a second
/// copy, and nobody's fault.
bool Planner::report_rivals(const core::Observed* there) {
  for (const core::Observed* rival : view_.rivals) {
    if (!has_kopia_mover(*rival)) continue;
    hold(rival_hold(*rival, there != nullptr, view_.pvc, policy_));
    return true;
  }
  return false;
}

/// Somebody has stopped it on purpose: that is theirs to undo, but not to be forgotten.
void Planner::report_stopped(Part part, const core::Observed& source) {
  const std::string_view by = stopped_by(source);
  if (by.empty()) return;
  const bool paused = by == "paused";
  const std::string_view reason = paused ? value_of(source.meta.annotations, key::kPauseReason) : "";
  hold(make_warning(part, paused ? "BackupsPaused" : "BackupsManual",
                    "the PVC is not backed up on schedule: somebody has set {} on ReplicationSource {}{}, which "
                    "holdfast leaves as it "
                    "is; to let backups go on: `kubectl -n {} patch replicationsource {} --type merge -p '{}'`",
                    paused ? "spec.paused" : "spec.trigger.manual", source.meta.name,
                    reason.empty() ? "" : fmt::format(" ({})", cut(one_line(reason), kMaxReasonBytes)), source.meta.ns,
                    source.meta.name,
                    paused ? R"({"spec":{"paused":null}})" : R"({"spec":{"trigger":{"manual":null}}})"));
}

void Planner::offsite() {
  if (is_wanted(Part::OffsiteSource)) return offsite_source();
  for (const Part part : {Part::OffsiteSource, Part::OffsiteSecret}) {
    const core::Observed* there = object_of(view_, part);
    if (!is_ours(there) || !view_.watches_current || waits(*there, part)) continue;
    remove(part, *there, kNotProtected, idle_job(part, *there));
  }
}

/// It follows the source: what may not be backed up in one place may not be in the other. But the one repository may be
/// new, and know nothing of what the other still holds.
void Planner::offsite_source() {
  if (available(Part::OffsiteSecret)) settle(offsite_secret_object(subject()));
  if (!available(Part::OffsiteSource)) return;
  const core::Observed* there = object_of(view_, Part::OffsiteSource);
  if (is_strangers(there)) return;
  const Object wanted = offsite_source_object(subject());
  if (is_ours(there)) return existing_source(*there, wanted);
  if (standing_of(there) != Standing::Foreign) {
    if (const auto unmet = source_precondition(view_, policy_, options_, now_)) {
      // What holds it back is said of the source.
      plan_.needs_evidence = plan_.needs_evidence || unmet->needs_evidence;
      return;
    }
    if (auto unmet = offsite_precondition(view_, policy_)) return hold(*std::move(unmet));
  }
  if (there != nullptr) return existing_source(*there, wanted);
  settle(wanted);
}

bool Planner::movable(Part part, const core::Identity& identity) {
  const std::string problem = core::mover_problem(identity);
  if (problem.empty()) return true;
  hold(make_warning(part, "IdentityNotSupported",
                    "the {} of this PVC is not written: {}; set index.identities to names that it takes",
                    to_string(part), cut(one_line(problem), 640)));
  return false;
}

bool Planner::is_wanted(Part part) const {
  switch (part) {
    case Part::Secret:
      return options_.secret.writes_external();
    case Part::RestoreRun:
      return plan_.restore.stage != Restore::Stage::None && plan_.restore.stage != Restore::Stage::Bound &&
             plan_.restore.stage != Restore::Stage::Closed;
    case Part::OffsiteSecret:
    case Part::OffsiteSource:
      return options_.offsite.enabled && value_of(view_.claim->pvc.annotations, key::kOffsite) == "true";
    default:
      return true;
  }
}

bool Planner::is_strangers(const core::Observed* object) const {
  return is_ours(object) && !is_owned_by(*object, view_.claim->uid);
}

void Planner::settle(Object wanted, std::string idle_job) {
  const core::Observed* there = object_of(view_, wanted.part);
  if (standing_of(there) == Standing::Foreign) return hold_foreign(wanted.part, *there);
  const bool waits = stays_theirs_ && standing_of(there) == Standing::Adoptable;
  if (waits && *stays_theirs_ != wanted.part) return hold_adoption(wanted.part, *stays_theirs_);
  if (waits && wanted.part == Part::Destination) return hold_restoring(*there);
  if (there != nullptr && (there->meta.deleting || same(wanted, *there))) return;
  if (waits_for_classes(wanted.part)) return;
  apply(std::move(wanted), there, std::move(idle_job));
}

void Planner::hold_foreign(Part part, const core::Observed& there) {
  const bool elsewhere =
      standing(&there, adopts(&there)) == Standing::Adoptable && has_foreign_identity(there, view_.pvc, policy_);
  hold(elsewhere ? foreign_identity_hold(part, there, view_.pvc, policy_) : foreign_hold(part, there, view_.pvc));
}

void Planner::apply(Object wanted, const core::Observed* there, std::string idle_job) {
  Apply action;
  action.object = std::move(wanted);
  action.creates = there == nullptr;
  action.idle_job = std::move(idle_job);
  const Part part = action.object.part;
  const bool backs_up = family(part) == Family::Sources;
  const bool changes_hands = there != nullptr && !is_owned_by(*there, view_.claim->uid);
  if (changes_hands || (action.creates && backs_up)) action.claim_uid = view_.claim->uid;
  if (there != nullptr) {
    const bool may_begin_to_work = backs_up || part == Part::RestoreRun;
    action.uid = there->meta.uid;
    if (may_begin_to_work) action.resource_version = there->meta.resource_version;
  }
  action.adopts = standing_of(there) == Standing::Adoptable;
  plan_.actions.emplace_back(std::move(action));
}

}  // namespace holdfast::generator
