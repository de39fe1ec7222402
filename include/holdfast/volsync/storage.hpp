// Which of the storage classes that are set fit a PVC. A volume is made from a snapshot by the driver that took it, and
// by no other: a class of another driver leaves the temporary volume of a backup pending for ever.
// Pure; any thread.
#pragma once

#include <map>
#include <string>

#include "holdfast/core/claim.hpp"
#include "holdfast/volsync/options.hpp"

namespace holdfast::volsync {

/// The classes of one kind that the cluster has, and the driver that each names.
struct Classes {
  bool asked = false;   ///< the API server has said how it stands with them
  bool listed = false;  ///< they are all here; false: we may not read them, or it does not know the kind
  std::map<std::string, std::string> drivers;  ///< by name
  bool operator==(const Classes&) const = default;
};
struct StorageDrivers {
  Classes storage;    ///< StorageClass
  Classes snapshots;  ///< VolumeSnapshotClass
};

/// The classes of the volume that a mover works on, and of the snapshots that are made for it.
struct TemporaryClasses {
  std::string storage;   ///< empty: none is named
  std::string snapshot;  ///< likewise: the default of the driver
  std::string problem;   ///< what of the settings is left out, and why; empty: nothing
};

/// `drivers` nullptr: nobody was asked, and what is set is taken as fitting. A set StorageClass of which nothing is
/// known fits only where it is the PVC's own; a VolumeSnapshotClass does unless its driver is known to be another one.
TemporaryClasses backup_classes(const core::Claim& claim, const BackupLayer& settings, const StorageDrivers* drivers);

/// What a PVC is filled from is always of its own class.
TemporaryClasses restore_classes(const core::Claim& claim, const BackupLayer& settings, const StorageDrivers* drivers);

/// False: what is set cannot be judged before the API server has said which classes there are.
bool can_judge(const core::Claim& claim, const BackupLayer& settings, const StorageDrivers& drivers);

/// Whether volumes of this class are made by a driver, as far as that is known; false: it is known that people make
/// them.
bool may_be_provisioned(const core::Claim& claim, const StorageDrivers* drivers);

}  // namespace holdfast::volsync
