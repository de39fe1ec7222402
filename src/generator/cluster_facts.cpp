#include "holdfast/generator/cluster_facts.hpp"

#include "src/generator/adoption.hpp"
#include "src/generator/observed.hpp"

namespace holdfast::generator {

core::Destination destination_facts(const core::Observed* destination, bool adopt, const core::PvcName& pvc,
                                    const core::Policy& policy) {
  if (destination == nullptr) return {};
  const bool foreign = standing(destination, adopt, pvc, policy) == Standing::Foreign;
  return {foreign ? core::Destination::Owner::Foreign : core::Destination::Owner::Ours,
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
