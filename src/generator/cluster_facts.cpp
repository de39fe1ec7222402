#include "holdfast/generator/cluster_facts.hpp"

#include "src/generator/observed.hpp"

namespace holdfast::generator {

core::Destination destination_facts(const core::Observed* destination, bool adopt) {
  if (destination == nullptr) return {};
  return {is_within_reach(destination, adopt) ? core::Destination::Owner::Ours : core::Destination::Owner::Foreign,
          destination->status.image.has_value()};
}

core::BackupActivity backup_facts(const core::Observed* source, bool mover_runs) {
  core::BackupActivity activity;
  activity.running = mover_runs;
  if (mover_runs) activity.what = "mover Job";
  if (source == nullptr) return activity;
  activity.last_finished = source->status.last_sync;
  if (is_synchronizing(*source) && !mover_runs) {
    activity.running = true;
    activity.what = "ReplicationSource " + source->meta.name;
  }
  return activity;
}

}  // namespace holdfast::generator
