// What the cluster says of its storage, as far as we read it.
// Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::core {

/// A StorageClass or VolumeSnapshotClass: who makes volumes or snapshots of it.
struct DriverClass {
  std::string name;
  std::string driver;  ///< of a StorageClass its `provisioner`
};

/// A VolumeSnapshot, by its status.
struct VolumeSnapshot {
  bool ready = false;        ///< readyToUse
  std::string restore_size;  ///< restoreSize as written: "2Gi"; empty: not said
  std::optional<std::int64_t> restore_bytes;
};

}  // namespace holdfast::core
