// A PersistentVolumeClaim, as far as a decision needs it, and the names of the labels and annotations we read.
// Values; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/identity.hpp"

namespace holdfast::core {

using StringMap = std::map<std::string, std::string, std::less<>>;

/// The value under `key`, or nullptr.
const std::string* lookup(const StringMap& map, std::string_view key);

/// `spec.dataSource` or `spec.dataSourceRef`.
struct ObjectReference {
  std::string api_group;
  std::string kind;
  std::string name;
  std::string ns;
  bool empty() const { return kind.empty() && name.empty(); }
  bool operator==(const ObjectReference&) const = default;
};

struct OwnerReference {
  std::string kind;
  bool controller = false;
  std::string uid = {};
};

struct Pvc {
  std::string ns;
  std::string name;  ///< empty while the API server has yet to make one from generate_name
  std::string generate_name;
  bool has_annotations = false;  ///< metadata.annotations is present, even if empty: a JSON Patch must know
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owners;
  std::string volume_mode;                         ///< empty: Filesystem
  std::string volume_name;                         ///< bound by hand when not empty
  std::optional<std::string> storage_class;        ///< present and empty: bound by hand
  bool has_selector = false;                       ///< bound by hand
  std::optional<std::int64_t> requested_bytes;     ///< spec.resources.requests.storage
  std::optional<ObjectReference> data_source;      ///< absent or null in the document: nullopt
  std::optional<ObjectReference> data_source_ref;  ///< likewise
  bool has_spec = true;                            ///< as has_annotations; false only of a reviewed object

  PvcName full_name() const { return {ns, name}; }
};

/// Labels and annotations of the contract.
namespace key {
inline constexpr std::string_view kBackup = "backup";
inline constexpr std::string_view kBackupExempt = "backup-exempt";
inline constexpr std::string_view kBackupExemptReason = "volsync.backup/backup-exempt-reason";
inline constexpr std::string_view kSkipRestore = "volsync.backup/skip-restore";
inline constexpr std::string_view kSkipRestoreReason = "volsync.backup/skip-restore-reason";
inline constexpr std::string_view kPlumberEnabled = "pvc-plumber.io/enabled";
inline constexpr std::string_view kPlumberManage = "pvc-plumber.io/manage-volsync";
inline constexpr std::string_view kPlumberTier = "pvc-plumber.io/tier";
inline constexpr std::string_view kPlumberNamespace = "pvc-plumber.io/managed-namespace";
inline constexpr std::string_view kRestoreAsOf = "holdfast.dev/restore-as-of";
inline constexpr std::string_view kRestoreFrom = "holdfast.dev/restore-from";
inline constexpr std::string_view kRestoreIdentity = "holdfast.dev/restore-identity";
inline constexpr std::string_view kAcceptVanished = "holdfast.dev/accept-vanished";
inline constexpr std::string_view kRestoredSnapshot = "holdfast.dev/restored-snapshot";
inline constexpr std::string_view kRestoredAsOf = "holdfast.dev/restored-as-of";
inline constexpr std::string_view kRestoredSource = "holdfast.dev/restored-source";
// The topmost layer of a PVC's backup settings, and what else only the generator reads.
inline constexpr std::string_view kSchedule = "holdfast.dev/schedule";  ///< cron, 'M' as the minute is its own
inline constexpr std::string_view kStorageClass = "holdfast.dev/storage-class";
inline constexpr std::string_view kSnapshotClass = "holdfast.dev/volume-snapshot-class";
inline constexpr std::string_view kCacheCapacity = "holdfast.dev/cache-capacity";
inline constexpr std::string_view kCacheStorageClass = "holdfast.dev/cache-storage-class";
inline constexpr std::string_view kCompression = "holdfast.dev/compression";
inline constexpr std::string_view kParallelism = "holdfast.dev/parallelism";
inline constexpr std::string_view kCopyMethod = "holdfast.dev/copy-method";
inline constexpr std::string_view kRetain = "holdfast.dev/retain";  ///< "24/7/4/2": hourly, daily, weekly, monthly
inline constexpr std::string_view kRunAs = "holdfast.dev/run-as";   ///< "1000:1000": user and groups of movers; "auto"
inline constexpr std::string_view kOffsite = "holdfast.dev/offsite";
inline constexpr std::string_view kAcceptUnverified = "holdfast.dev/accept-unverified";
inline constexpr std::string_view kAcceptOlderBackups = "holdfast.dev/accept-older-backups";
}  // namespace key

/// The annotations that only the webhook may write.
inline constexpr std::string_view kPromiseKeys[] = {key::kRestoredAsOf, key::kRestoredSnapshot, key::kRestoredSource};

inline constexpr std::string_view kVolSyncGroup = "volsync.backube";
inline constexpr std::string_view kDestinationKind = "ReplicationDestination";

}  // namespace holdfast::core
