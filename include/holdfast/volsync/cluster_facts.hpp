// What the objects around a PVC say to the rules 7 and 8 of a decision.
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/core/workload.hpp"
#include "holdfast/volsync/options.hpp"

namespace holdfast::volsync {

/// `destination` nullptr: there is none of that name. What the generator takes over for `pvc` counts as ours.
core::Destination destination_facts(const core::Observed* destination, Adopts adopts, const core::PvcName& pvc,
                                    const core::Policy& policy);

/// What there is of a ReplicationSource's synchronisation, under the names that VolSync gives it. Nothing else makes a
/// backup: the mover Job reads the temporary volume, which is made of the temporary snapshot. A status that says
/// "synchronising" is no sign of one: it does so until the first success, also where the PVC is missing.
struct SyncTraces {
  std::string source;                    ///< the ReplicationSource's name
  std::optional<core::Observed> object;  ///< itself; it may go before what it has made
  std::optional<core::Job> mover;
  std::optional<core::Meta> volume;    ///< the temporary PVC
  std::optional<core::Meta> snapshot;  ///< the temporary VolumeSnapshot
};

/// The label selector of what VolSync makes: Jobs, temporary volumes and snapshots.
inline constexpr const char* kMadeByVolSync = "app.kubernetes.io/created-by=volsync";

/// Of all that may back up one PVC. What is there for longer than `overlong` is not expected to end.
core::BackupActivity backup_facts(std::span<const SyncTraces> syncs, std::chrono::milliseconds overlong,
                                  core::Time now);

/// It is a ReplicationSource with the kopia mover that names this PVC as its source.
bool backs_up(const core::Observed& source, std::string_view pvc);

/// Whose backups a ReplicationSource makes, and under which identity; nullopt: it has another mover, or names no PVC.
std::optional<core::Said> said_by(const core::Observed& source);
/// Adds what it says, if anything.
void add_source(core::Ownership& ownership, const core::Observed& source);

}  // namespace holdfast::volsync
