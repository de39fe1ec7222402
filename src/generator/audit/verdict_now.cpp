#include "src/generator/audit/verdict_now.hpp"

#include "holdfast/base/clock.hpp"
#include "holdfast/volsync/cluster_facts.hpp"

namespace holdfast::generator {
namespace {

/// As far as the watches tell: temporary volumes are only asked for when a PVC is created.
core::BackupActivity backup_now(const View& view) {
  core::BackupActivity activity;
  const auto mover = view.movers.find(Part::Source);
  if (mover == view.movers.end()) return activity;
  activity.running = !mover->second.complete && mover->second.failed <= mover->second.backoff_limit;
  activity.what = "Job " + mover->second.job;
  return activity;
}

}  // namespace

core::Intent intent_now(const View& view, const core::Policy& policy) {
  core::Question question;
  question.pvc = view.claim->pvc;
  question.pvc.volume_name.clear();  // the binder's, in most cases
  core::take_promise(question.pvc, policy);
  if (view.namespace_labels != nullptr) question.namespace_labels = *view.namespace_labels;
  return core::read_intent(question, policy, base::utc_now());
}

core::Verdict verdict_now(const View& view, Restore::Stage stage, const core::Evidence& evidence,
                          const core::Policy& policy, Adopts adopts, const Seen* seen) {
  const core::Intent intent = intent_now(view, policy);
  core::ClusterFacts facts;
  core::Destination destination = destination_facts(object_of(view, Part::Destination), adopts, view.pvc, policy);
  // What shows for this very PVC is taken off when it goes.
  destination.publishes_image &= stage != Restore::Stage::Published && stage != Restore::Stage::Bound;
  facts.destination = destination;
  facts.ownership = view.ownership;
  facts.backup = backup_now(view);
  const auto* wanted = std::get_if<core::WantsRestore>(&intent);
  if (wanted != nullptr && seen != nullptr)
    facts.tombstone = tombstone(*seen, core::looked_at(*wanted, policy, view.ownership));
  return core::decide(intent, evidence, facts, policy, base::utc_now());
}

std::shared_ptr<const core::Catalog> proven_catalog(const core::Evidence* evidence, const core::Policy& policy) {
  const auto* current = evidence == nullptr ? nullptr : std::get_if<core::Current>(&evidence->state);
  if (current == nullptr) return nullptr;
  const auto* pinned = std::get_if<core::RepositoryId>(&policy.pin);
  return pinned == nullptr || evidence->repository == *pinned ? current->catalog : nullptr;
}

}  // namespace holdfast::generator
