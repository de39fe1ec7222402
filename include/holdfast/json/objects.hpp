// What the Kubernetes API sends: lists, watch events, single objects and its own errors, read into the few fields we
// keep. Numbers of objects are bounded by the reply's size; no tree of a list is ever built.
// Pure functions; any thread. Every reader skips unknown members, and names the field that it cannot read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/maintenance.hpp"
#include "holdfast/core/storage.hpp"
#include "holdfast/core/workload.hpp"
#include "holdfast/json/limits.hpp"

namespace holdfast::json {

/// What is wrong with a document: "items[3].metadata.labels: expected an object".
struct ObjectFault {
  std::string problem;
};

/// An API object may be 1.5 MiB and more of nesting than ours.
inline constexpr ReadLimits kObjectLimits{.bytes = 3 * 1024 * 1024, .depth = 128, .members = 200'000};

struct ListHead {
  std::string resource_version;
  std::string continue_token;  ///< empty: this was the last page
};

/// Calls `each` with the text of every member of `items`, in order; the text lives as long as `body`.
/// The head is complete only when it returns.
std::variant<ListHead, ObjectFault> read_list(std::string_view body,
                                              const std::function<void(std::string_view object)>& each);

struct WatchEvent {
  enum class Type { Added, Modified, Deleted, Bookmark, Error };
  Type type = Type::Error;
  std::string_view object;  ///< its text, inside the line; of an Error a Status
};

/// One line of a watch.
std::variant<WatchEvent, ObjectFault> read_watch_event(std::string_view line);

std::variant<core::Meta, ObjectFault> read_meta(std::string_view object);
std::variant<core::Claim, ObjectFault> read_claim(std::string_view object);
std::variant<core::Observed, ObjectFault> read_observed(std::string_view object);

std::variant<core::Job, ObjectFault> read_job(std::string_view object);
/// Of its containers' own words only the beginning is kept.
std::variant<core::Pod, ObjectFault> read_pod(std::string_view object);

/// storage.k8s.io/v1 StorageClass.
std::variant<core::DriverClass, ObjectFault> read_storage_class(std::string_view object);
/// snapshot.storage.k8s.io/v1 VolumeSnapshotClass.
std::variant<core::DriverClass, ObjectFault> read_snapshot_class(std::string_view object);
/// snapshot.storage.k8s.io/v1 VolumeSnapshot.
std::variant<core::VolumeSnapshot, ObjectFault> read_volume_snapshot(std::string_view object);

/// v1 Event, as far as it is quoted.
struct Said {
  bool warning = false;
  std::string by;    ///< the component that says it
  std::string text;  ///< "FailedCreate: Error creating: …" on one line, at most 640 bytes
  std::optional<core::Time> last;
};
std::variant<Said, ObjectFault> read_event(std::string_view object);

/// volsync.backube/v1alpha1 KopiaMaintenance.
std::variant<core::Maintenance, ObjectFault> read_maintenance(std::string_view object);
/// batch/v1 Job of one.
std::variant<core::MaintenanceRun, ObjectFault> read_maintenance_run(std::string_view object);

/// coordination.k8s.io/v1 Lease.
struct Lease {
  std::string resource_version;
  std::string holder;
  std::int64_t duration_seconds = 0;
  std::string renew_time;  ///< as written: compared for change only, never with a clock of ours
  std::int64_t transitions = 0;
};
std::variant<Lease, ObjectFault> read_lease(std::string_view object);

/// v1 ConfigMap; binaryData is not read.
struct ConfigMap {
  std::string resource_version;
  core::StringMap data;
};
std::variant<ConfigMap, ObjectFault> read_config_map(std::string_view object);

/// metav1.Status: what the API server says when it says no. Missing members are empty.
struct ApiStatus {
  int code = 0;
  std::string reason;
  std::string message;
  std::int64_t retry_after_seconds = 0;
};
std::variant<ApiStatus, ObjectFault> read_status(std::string_view object);

}  // namespace holdfast::json
