#include "src/generator/plan/planner.hpp"

#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/backup_source.hpp"
#include "src/generator/plan/hold.hpp"

namespace holdfast::generator {

using Why = core::Protection::Why;

Plan make_plan(const View& view, const core::Policy& policy, const Options& options, core::Time now) {
  return Planner(view, policy, options, now).make();
}

Plan Planner::make() {
  if (view_.claim == nullptr) {
    without_claim();
  } else {
    with_claim();
  }
  decide_when_to_look_again();
  return std::move(plan_);
}

/// That there is no claim proves something only when all claims are known.
void Planner::without_claim() {
  if (view_.namespace_labels == nullptr || !view_.claims_known) return;
  take_wrong_images_off();
  remove_everything("pvc-gone");
}

void Planner::with_claim() {
  plan_.restore = restore_stage(view_, policy_, now_);
  plan_.protection = protection_of(view_, policy_);
  take_wrong_images_off();
  if (view_.namespace_labels == nullptr || view_.claim->deleting || view_.namespace_deleting) return;
  warn_of_protection();
  if (plan_.protection.protects()) return for_protected_claim();
  if (plan_.protection.why != Why::ExemptReasonMissing) remove_everything(kNotProtected);
}

void Planner::for_protected_claim() {
  identity_ = backup_identity(view_, policy_);
  const core::Observed* theirs = object_of(view_, Part::Source);
  if (standing_of(theirs) == Standing::Adoptable) identity_ = working_identity(*theirs).value_or(identity_);
  const Backup backup = backup_of(*view_.claim, plan_.protection.tier, options_);
  if (!backup.problem.empty()) {
    hold(make_warning(Part::Source, "InvalidAnnotation",
                      "a backup setting of the PVC is left out: {}; correct or remove it",
                      cut(one_line(backup.problem), 512)));
  }
  remove_strangers();
  look_at_users(backup.settings);
  look_at_classes(backup.settings);
  stays_theirs_ = stays_theirs();
  take_their_image_off();
  secret();
  judge_drill();
  destination();
  run();
  source();
  offsite();
  drill();
  publish();
  close();
  movers();
  report_overdue();
  remove_strays();
  disown();
  adopt_source_first();
}

void Planner::warn_of_protection() {
  const Why why = plan_.protection.why;
  if (why == Why::ExemptReasonMissing) {
    hold(make_warning(Part::Source, "ExemptReasonMissing",
                      "nothing is made or taken away for this PVC: label {} is set without a reason; say why in the "
                      "annotation `{}`, or remove the label",
                      core::key::kBackupExempt, core::exempt_reason_keys(policy_).front()));
  }
  if (why == Why::ContractOff) {
    hold(make_warning(Part::Source, "UnknownContract",
                      "the PVC is not backed up: its label is of a contract that the setting contracts does not name; "
                      "put it there, or label the PVC by one that is"));
  }
  if (!asked_for_backups()) return;
  if (why == Why::UnknownTier) {
    hold(make_warning(Part::Source, "UnknownTier",
                      "the PVC is not backed up: its label names no tier; set it to hourly or daily"));
  }
  if (why == Why::UnsupportedVolumeMode) {
    hold(make_warning(Part::Source, "UnsupportedVolumeMode",
                      "the PVC is not backed up: spec.volumeMode: Block cannot be; use volumeMode Filesystem, or "
                      "exempt it with the label `{}: \"true\"` and the annotation `{}`",
                      core::key::kBackupExempt, core::exempt_reason_keys(policy_).front()));
  }
}

bool Planner::asked_for_backups() const {
  const core::StringMap& labels = view_.claim->pvc.labels;
  return (policy_.simple_contract && labels.contains(core::key::kBackup)) ||
         (policy_.plumber_contract && value_of(labels, core::key::kPlumberEnabled) == "true");
}

void Planner::decide_when_to_look_again() {
  for (const Hold& hold : plan_.holds) look_again(hold.until);
  look_again(plan_.restore.next_attempt);
}

Standing Planner::standing_of(const core::Observed* object) const {
  return standing(object, adopts(object), view_.pvc, policy_);
}

bool Planner::available(Part part) {
  const Known known = known_of(view_, part);
  if (known == Known::Absent || known == Known::Forbidden) hold(unavailable_hold(part, known));
  return known == Known::Current;
}

void Planner::hold(Hold hold, std::optional<core::Time> until) {
  hold.until = until;
  this->hold(std::move(hold));
}

void Planner::hold(Precondition unmet) {
  plan_.needs_evidence = plan_.needs_evidence || unmet.needs_evidence;
  plan_.needs_memory = plan_.needs_memory || unmet.needs_memory;
  hold(std::move(unmet.hold));
}

}  // namespace holdfast::generator
