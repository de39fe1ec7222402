#include "holdfast/volsync/cluster_facts.hpp"

#include <algorithm>

#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::volsync {
namespace {

/// What there is, for people; empty: nothing. A Job that has ended makes no backup any more.
std::string under_way(const SyncTraces& sync) {
  if (sync.mover && sync.mover->running) return "Job " + mover_job_name(Part::Source, sync.source);
  if (sync.volume) return "PersistentVolumeClaim " + temporary_volume_name(sync.source);
  if (sync.snapshot) return "VolumeSnapshot " + temporary_volume_name(sync.source);
  return {};
}

/// When the first of what is there was made.
std::optional<core::Time> began(const SyncTraces& sync) {
  std::optional<core::Time> first;
  const auto consider = [&](const core::Meta& meta) {
    if (meta.created && (!first || *meta.created < *first)) first = meta.created;
  };
  if (sync.mover) consider(sync.mover->meta);
  if (sync.volume) consider(*sync.volume);
  if (sync.snapshot) consider(*sync.snapshot);
  return first;
}

std::string hopeless(const SyncTraces& sync, std::chrono::milliseconds overlong, core::Time now) {
  // VolSync begins it again only where the PVC is there, and that is the one that is asked about.
  const bool job_failed = sync.mover && !sync.mover->running && !sync.mover->complete;
  if (job_failed) return "its mover Job has failed";
  if (sync.object && sync.object->status.mover_result == "Failed") return "its last result is Failed";
  const auto since = began(sync);
  if (since && *since + overlong < now) return "it began at " + core::format_seconds(*since);
  return {};
}

}  // namespace

core::Destination destination_facts(const core::Observed* destination, Adopts adopts, const core::PvcName& pvc,
                                    const core::Policy& policy) {
  if (destination == nullptr) return {};
  using Owner = core::Destination::Owner;
  const bool image = destination->status.image.has_value();
  switch (standing(destination, adopts, pvc, policy)) {
    case Standing::Missing:
      return {};
    case Standing::Ours:
      return {Owner::Ours, image};
    case Standing::Adoptable:
      return {Owner::Adoptable, image || is_synchronizing(*destination)};
    case Standing::Foreign:
      break;
  }
  return {Owner::Foreign, image};
}

core::BackupActivity backup_facts(std::span<const SyncTraces> syncs, std::chrono::milliseconds overlong,
                                  core::Time now) {
  core::BackupActivity activity;
  for (const SyncTraces& sync : syncs) {
    if (sync.object && !has_kopia_mover(*sync.object)) continue;  // what it makes is no kopia backup
    if (sync.object) activity.last_finished = std::max(activity.last_finished, sync.object->status.last_sync);
    const std::string what = under_way(sync);
    const bool one_may_end = activity.running && activity.hopeless.empty();
    if (what.empty() || one_may_end) continue;
    activity.running = true;
    activity.what = what;
    activity.hopeless = hopeless(sync, overlong, now);
    activity.remedy = sync.object ? "ReplicationSource " + sync.source : what;
  }
  return activity;
}

std::optional<core::Said> said_by(const core::Observed& source) {
  const std::string pvc = source_claim(source);
  auto identity = has_kopia_mover(source) ? working_identity(source) : std::nullopt;
  if (pvc.empty() || !identity) return std::nullopt;
  return core::Said{*std::move(identity), {source.meta.ns, pvc}};
}

void add_source(core::Ownership& ownership, const core::Observed& source) {
  if (const auto said = said_by(source)) ownership.source_says(said->identity, said->pvc);
}

bool backs_up(const core::Observed& source, std::string_view pvc) {
  return source_claim(source) == pvc && has_kopia_mover(source);
}

}  // namespace holdfast::volsync
