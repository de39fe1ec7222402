#include "holdfast/generator/cluster_facts.hpp"

#include "holdfast/generator/desired.hpp"

namespace holdfast::generator {

core::Destination destination_facts(const core::Observed* destination, bool adopt) {
  if (destination == nullptr) return {};
  const std::string* manager = core::lookup(destination->meta.labels, key::kManagedBy);
  const bool ours =
      manager != nullptr && (*manager == kManager || (adopt && (*manager == "kyverno" || *manager == "pvc-plumber")));
  return {ours ? core::Destination::Owner::Ours : core::Destination::Owner::Foreign,
          destination->status.image.has_value()};
}

core::BackupActivity backup_facts(const core::Observed* source, bool mover_runs) {
  core::BackupActivity activity;
  activity.running = mover_runs;
  if (mover_runs) activity.what = "mover Job";
  if (source == nullptr) return activity;
  activity.last_finished = source->status.last_sync;
  const bool synchronizes = source->status.synchronizing || source->status.sync_started.has_value();
  if (synchronizes && !mover_runs) {
    activity.running = true;
    activity.what = "ReplicationSource " + source->meta.name;
  }
  return activity;
}

}  // namespace holdfast::generator
