#include <chrono>

#include "src/cli/settings/rows.hpp"
#include "src/cli/settings/values.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;
using volsync::RepositoryOptions;
using S = Settings;
using V = std::string_view;

constexpr std::chrono::hours kLongestAge{24 * 365};
constexpr std::chrono::seconds kLongestJitter{30};
constexpr std::chrono::seconds kShortestSweep{10};
constexpr std::chrono::hours kLongestSweep{24};
constexpr std::chrono::hours kShortestStale{1};
constexpr std::chrono::minutes kShortestOverlong{10};
constexpr std::chrono::minutes kShortestDeadline{1};
constexpr V kCron = "cron of five fields, or @hourly, @daily, …";
constexpr V kSpreadCron = "cron of five fields, minute M: each PVC's own; or @hourly, @daily, …";
constexpr V kStoreKinds = "ClusterSecretStore|SecretStore";

bool to_store_kind(V v, std::string& out) { return to_word(v, {"ClusterSecretStore", "SecretStore"}, out); }

template <int volsync::Retain::*Member>
bool set_offsite_retain(S& s, V v) {
  return to_number(v, 0, 10'000, s.generator.offsite.retain.*Member);
}

// clang-format off
std::vector<Setting> main_rows() {
  return {
  {"generator.enabled", "--generator", "", "on|off", "on", "write the VolSync objects of protected PVCs; needs a connection to the cluster", false,
   [](S& s, V v) { return to_switch(v, s.generator.enabled); }, nullptr},
  {"generator.minAge", "--min-age", "", "a duration such as 8s", "2h", "how old a PVC must be before its first backup", false,
   [](S& s, V v) { return to_duration(v, milliseconds{0}, kLongestAge, s.generator.min_age); }, nullptr},
  {"generator.overlongSync", "--overlong-sync", "", "10m..8760h", "6h", "a backup or restore of VolSync that lasts longer is taken for one that hangs: it is no longer waited for, and its object may be changed; raise it where backups take longer", false,
   [](S& s, V v) { return to_duration(v, kShortestOverlong, kLongestAge, s.generator.overlong_sync); }, nullptr},
  {"generator.restoreDeadline.start", "", "", "1m..8760h", "30m", "how long a promised restore may take to begin before it is a problem", false,
   [](S& s, V v) { return to_duration(v, kShortestDeadline, kLongestAge, s.generator.restore_deadline.start); }, nullptr},
  {"generator.restoreDeadline.verify", "", "", "1m..8760h", "1h", "how long one whose mover is done may take to be verified and offered to its PVC", false,
   [](S& s, V v) { return to_duration(v, kShortestDeadline, kLongestAge, s.generator.restore_deadline.verify); }, nullptr},
  {"generator.restoreDeadline.bind", "", "", "1m..8760h", "1h", "how long one that is offered may take to be bound, where a pod or the PVC's storage class wants it", false,
   [](S& s, V v) { return to_duration(v, kShortestDeadline, kLongestAge, s.generator.restore_deadline.bind); }, nullptr},
  {"generator.sweep", "--sweep", "", "10s..24h", "15m", "how often everything is looked at again, besides what the watches tell at once", false,
   [](S& s, V v) { return to_duration(v, kShortestSweep, kLongestSweep, s.sweep); }, nullptr},
  {"generator.naming", "", "", "legacy-backup|v4", "legacy-backup",
   "names: <pvc>-backup for both VolSync objects, or <pvc> and <pvc>-dst", false,
   [](S& s, V v) { return to_choice<core::Naming>(v, {{"legacy-backup", core::Naming::LegacyBackup}, {"v4", core::Naming::V4}}, s.policy.naming); }, nullptr},
  {"generator.podInsight", "--pod-insight", "", "on|off", "off", "watch pods: why movers fail or do not start, and whom movers run as with moverSecurityContext auto; needs the component pod-insight", false,
   [](S& s, V v) { return to_switch(v, s.generator.pod_insight); }, nullptr},
  {"generator.adopt", "", "", "true|false", "false", "take over objects that kyverno or pvc-plumber made", false,
   [](S& s, V v) { return to_bool(v, s.generator.adopt); }, nullptr},
  {"generator.cleanup", "", "", "builtin|kyverno", "builtin", "who removes objects whose PVC is gone: holdfast, or a ClusterCleanupPolicy of kyverno", false,
   [](S& s, V v) { return to_choice<bool>(v, {{"builtin", false}, {"kyverno", true}}, s.generator.kyverno_cleanup); }, nullptr},
  };
}

std::vector<Setting> secret_rows() {
  return {
  {"generator.secret.mode", "", "", "none|external-secret", "none",
   "none: the Secret volsync-<pvc> is somebody else's; external-secret: an ExternalSecret is written", false,
   [](S& s, V v) { return to_choice<bool>(v, {{"none", false}, {"external-secret", true}}, s.generator.secret.external_secret); }, nullptr},
  {"generator.secret.store", "", "", "NAME", "", "the secret store to read from", false,
   [](S& s, V v) { return to_object_name(v, s.generator.secret.store); }, nullptr},
  {"generator.secret.storeKind", "", "", kStoreKinds, "ClusterSecretStore", "its kind", false,
   [](S& s, V v) { return to_store_kind(v, s.generator.secret.store_kind); }, nullptr},
  {"generator.secret.key", "", "", "KEY", "", "the entry in the store", false,
   [](S& s, V v) { return to_text(v, s.generator.secret.key); }, nullptr},
  {"generator.secret.property", "", "", "NAME", "kopia_password", "the repository password in that entry", false,
   [](S& s, V v) { return to_text(v, s.generator.secret.property); }, nullptr},
  {"generator.secret.accessKeyProperty", "", "", "NAME", "access_key", "repository kind s3: the access key in that entry", false,
   [](S& s, V v) { return to_text(v, s.generator.secret.access_key_property); }, nullptr},
  {"generator.secret.secretKeyProperty", "", "", "NAME", "secret_key", "repository kind s3: the secret key in that entry", false,
   [](S& s, V v) { return to_text(v, s.generator.secret.secret_key_property); }, nullptr},
  {"generator.secret.refreshInterval", "", "", "a duration such as 1h", "1h", "how often the store is read again", false,
   [](S& s, V v) { return to_interval(v, s.generator.secret.refresh_interval); }, nullptr},
  };
}

std::vector<Setting> repository_rows() {
  return {
  {"generator.repository.kind", "", "", "none|nfs|s3|pvc", "none", "where movers find the repository", false,
   [](S& s, V v) { return to_choice<RepositoryOptions::Kind>(v, {{"none", RepositoryOptions::Kind::None}, {"nfs", RepositoryOptions::Kind::Nfs}, {"s3", RepositoryOptions::Kind::S3}, {"pvc", RepositoryOptions::Kind::Pvc}}, s.generator.repository.kind); }, nullptr},
  {"generator.repository.server", "", "", "HOST", "", "nfs: the server", false,
   [](S& s, V v) { return to_text(v, s.generator.repository.server); }, nullptr},
  {"generator.repository.path", "", "", "PATH", "", "nfs: the exported path", false,
   [](S& s, V v) { return to_path(v, s.generator.repository.path); }, nullptr},
  {"generator.repository.claim", "", "", "NAME", "", "pvc: a claim of this name in every namespace with protected PVCs", false,
   [](S& s, V v) { return to_object_name(v, s.generator.repository.claim); }, nullptr},
  {"generator.repository.mountPath", "", "", "PATH", "/repository", "nfs, pvc: where movers mount it; with moverVolumes VolSync puts it under /mnt", false,
   [](S& s, V v) { return to_path(v, s.generator.repository.mount_path); }, nullptr},
  {"generator.repository.bucket", "", "", "NAME", "", "s3: the bucket", false,
   [](S& s, V v) { return to_text(v, s.generator.repository.bucket); }, nullptr},
  {"generator.repository.endpoint", "", "", "HOST or URL", "", "s3: the server", false,
   [](S& s, V v) { return to_text(v, s.generator.repository.endpoint); }, nullptr},
  {"generator.repository.prefix", "", "", "PREFIX", "", "s3: before the names of all objects", false,
   [](S& s, V v) { return to_text(v, s.generator.repository.prefix); }, nullptr},
  {"generator.repository.region", "", "", "NAME", "", "s3: the region", false,
   [](S& s, V v) { return to_text(v, s.generator.repository.region); }, nullptr},
  {"generator.repository.moverVolumes", "", "", "true|false", "true", "nfs, pvc: write the volume into the VolSync objects; false: somebody else mounts it", false,
   [](S& s, V v) { return to_bool(v, s.generator.repository.mover_volumes); }, nullptr},
  {"generator.repository.allSquash", "", "", "true|false", "false", "nfs: the server makes one user of all clients' users (all_squash), so that movers may run as several", false,
   [](S& s, V v) { return to_bool(v, s.generator.repository.all_squash); }, nullptr},
  {"generator.repository.inject", "", "", "true|false", "false", "nfs, pvc: the webhook /mutate/job puts the volume into mover Jobs, at mountPath itself; the VolSync objects then carry none", false,
   [](S& s, V v) { return to_bool(v, s.generator.repository.inject); }, nullptr},
  {"generator.repository.jitter", "", "", "0s..30s", "0s", "with inject: the longest time that a backup waits before it begins; each has its own, always the same", false,
   [](S& s, V v) { return to_duration(v, milliseconds{0}, kLongestJitter, s.generator.repository.jitter); }, nullptr},
  {"generator.repository.jitterImage", "", "", "IMAGE", "the mover's own", "with jitter: an image with a program sleep, for the init container that waits", false,
   [](S& s, V v) { return to_text(v, s.generator.repository.jitter_image); }, nullptr},
  };
}

std::vector<Setting> plain_maintenance_rows() {
  return {
  {"generator.maintenance.enabled", "", "", "true|false", "true", "write a KopiaMaintenance into our own namespace, where the repository is known", false,
   [](S& s, V v) { return to_bool(v, s.generator.maintenance.enabled); }, nullptr},
  {"generator.maintenance.schedule", "", "", kCron, "0 */12 * * *", "when the repository is maintained", false,
   [](S& s, V v) { return to_schedule(v, false, s.generator.maintenance.schedule); }, nullptr},
  {"generator.maintenance.secret", "", "", "NAME", "volsync-holdfast-maintenance", "the repository's Secret in our own namespace", false,
   [](S& s, V v) { return to_object_name(v, s.generator.maintenance.secret); }, nullptr},
  {"generator.maintenance.staleAfter", "", "", "1h..8760h", "three times the schedule, at least 36h", "how old the last successful maintenance may become before it is a problem", false,
   [](S& s, V v) { return to_duration(v, kShortestStale, kLongestAge, s.generator.maintenance.stale_after.emplace()); }, nullptr},
  };
}

std::vector<Setting> offsite_rows() {
  return {
  {"generator.offsite.enabled", "", "", "true|false", "false", "a second backup with restic for PVCs with the annotation holdfast.dev/offsite: \"true\"", false,
   [](S& s, V v) { return to_bool(v, s.generator.offsite.enabled); }, nullptr},
  {"generator.offsite.repository", "", "", "a restic repository", "", "such as s3:https://host/bucket; /<namespace>/<pvc> is added", false,
   [](S& s, V v) { return to_text(v, s.generator.offsite.repository); }, nullptr},
  {"generator.offsite.store", "", "", "NAME", "", "the secret store to read from", false,
   [](S& s, V v) { return to_object_name(v, s.generator.offsite.store); }, nullptr},
  {"generator.offsite.storeKind", "", "", kStoreKinds, "ClusterSecretStore", "its kind", false,
   [](S& s, V v) { return to_store_kind(v, s.generator.offsite.store_kind); }, nullptr},
  {"generator.offsite.key", "", "", "KEY", "", "the entry in the store", false,
   [](S& s, V v) { return to_text(v, s.generator.offsite.key); }, nullptr},
  {"generator.offsite.passwordProperty", "", "", "NAME", "restic_password", "the repository password in that entry", false,
   [](S& s, V v) { return to_text(v, s.generator.offsite.password_property); }, nullptr},
  {"generator.offsite.accessKeyProperty", "", "", "NAME", "access_key", "the access key in that entry", false,
   [](S& s, V v) { return to_text(v, s.generator.offsite.access_key_property); }, nullptr},
  {"generator.offsite.secretKeyProperty", "", "", "NAME", "secret_key", "the secret key in that entry", false,
   [](S& s, V v) { return to_text(v, s.generator.offsite.secret_key_property); }, nullptr},
  {"generator.offsite.schedule", "", "", kSpreadCron, "30 2 * * *", "when off-site backups are made", false,
   [](S& s, V v) { return to_schedule(v, true, s.generator.offsite.schedule); }, nullptr},
  {"generator.offsite.retain.hourly", "", "", "0..10000", "0", "hourly off-site backups that are kept", false, set_offsite_retain<&volsync::Retain::hourly>, nullptr},
  {"generator.offsite.retain.daily", "", "", "0..10000", "7", "daily ones", false, set_offsite_retain<&volsync::Retain::daily>, nullptr},
  {"generator.offsite.retain.weekly", "", "", "0..10000", "4", "weekly ones", false, set_offsite_retain<&volsync::Retain::weekly>, nullptr},
  {"generator.offsite.retain.monthly", "", "", "0..10000", "2", "monthly ones", false, set_offsite_retain<&volsync::Retain::monthly>, nullptr},
  };
}
// clang-format on

std::vector<Setting> backup_rows() {
  const auto layer = [](Settings& s) -> volsync::BackupLayer& { return s.generator.backup; };
  std::vector<Setting> rows = backup_settings("generator.backup.", layer, layer);
  Setting& pattern = rows.emplace_back();
  pattern.key = std::string(kClassesPrefix) + "<storage class>.<key>";
  pattern.value = "as for generator.backup.<key>";
  pattern.help = "every key of generator.backup again, for PVCs of one storage class; goes over those";
  return rows;
}

std::vector<Setting> maintenance_rows() {
  std::vector<Setting> rows = plain_maintenance_rows();
  const auto layer = [](Settings& s) -> volsync::BackupLayer& { return s.generator.maintenance.mover; };
  const auto below = [](Settings& s) -> volsync::BackupLayer& { return s.generator.backup; };
  for (Setting& row : security_context_settings(std::string(kMaintenancePrefix), layer, below)) {
    row.help = "the same of the pod that maintains the repository; over generator.backup.moverSecurityContext";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::vector<Setting> generator_settings() {
  std::vector<Setting> all;
  for (auto* rows : {main_rows, secret_rows, repository_rows, backup_rows, maintenance_rows, offsite_rows}) {
    for (Setting& row : rows()) all.push_back(std::move(row));
  }
  return all;
}

}  // namespace holdfast::cli
