// What the API server holds: a PVC as it stands, and the objects around it that somebody made, as far as we read them.
// Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/pvc.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::core {

/// The metadata of any stored object.
struct Meta {
  struct Owner {
    std::string kind;
    std::string name;
    std::string uid;
    bool operator==(const Owner&) const = default;
  };
  std::string ns;  ///< empty: it belongs to no namespace
  std::string name;
  std::string uid;
  std::string resource_version;
  std::optional<Time> created;
  bool deleting = false;  ///< metadata.deletionTimestamp is set
  StringMap labels;
  StringMap annotations;
  std::vector<Owner> owners;
};

/// A PersistentVolumeClaim that exists.
struct Claim {
  enum class Phase { Pending, Bound, Lost };
  Pvc pvc;
  std::string uid;
  std::string resource_version;
  std::optional<Time> created;
  bool deleting = false;
  Phase phase = Phase::Pending;
  std::vector<std::string> access_modes;  ///< of the spec
  std::string requested;                  ///< spec.resources.requests.storage as written: "10Gi"
  std::string capacity;                   ///< status.capacity.storage likewise; empty: not said
};

/// `status.latestImage` of a ReplicationDestination.
struct Image {
  std::string api_group;
  std::string kind;
  std::string name;
  bool operator==(const Image&) const = default;
};

/// What VolSync writes into the status of a ReplicationSource or ReplicationDestination.
struct SyncStatus {
  std::string last_manual_sync;      ///< the token of the last one that was asked for by hand and is over
  std::optional<Time> last_sync;     ///< when the last one ended: no proof that anything was moved (paused ones say it)
  std::optional<Time> sync_started;  ///< one is under way since
  bool synchronizing = false;        ///< the condition of that name is True
  std::string mover_result;          ///< "Successful", "Failed" or empty
  std::string mover_logs;            ///< the lines that VolSync keeps, at most 16 KiB
  std::optional<Image> image;        ///< what a PVC that refers to it would be filled from
  std::string error = {};            ///< why VolSync cannot go on, at most 512 bytes; empty: it does
  std::optional<Time> error_since = {};  ///< it has not gone on since then
};

/// An object of one of the kinds that the generator writes, whoever wrote it.
struct Observed {
  Meta meta;
  std::string spec;   ///< as JSON text
  SyncStatus status;  ///< of VolSync's kinds
  std::string ready;  ///< of an ExternalSecret: "" not said, "True", or the reason and message why not
  /// Since when the end that `status` tells of has been seen here: it was over by then.
  std::chrono::steady_clock::time_point end_seen{};
};

}  // namespace holdfast::core
