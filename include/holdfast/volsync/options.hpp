// What the operator of the cluster has decided about the objects that the generator writes.
// Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/policy.hpp"
#include "holdfast/core/pvc.hpp"

namespace holdfast::volsync {

/// How many backups kopia keeps.
struct Retain {
  int hourly = 24;
  int daily = 7;
  int weekly = 4;
  int monthly = 2;
  bool operator==(const Retain&) const = default;
};

/// securityContext of mover pods: what is absent is not written.
struct SecurityContext {
  /// "auto": user and groups are those that the data has, where they can be found out; else the ones below.
  bool automatic = false;
  std::optional<std::int64_t> run_as_user, run_as_group, fs_group;
  std::optional<bool> run_as_non_root;
  std::string fs_group_change_policy;
  std::vector<std::int64_t> supplemental_groups;
  std::string seccomp_profile;  ///< "RuntimeDefault", or empty
  bool empty() const { return *this == SecurityContext{}; }
  bool operator==(const SecurityContext&) const = default;
};

/// One layer of backup settings: what is absent is the layer's below.
struct BackupLayer {
  std::optional<std::string> storage_class;   ///< of temporary volumes; absent: the PVC's own
  std::optional<std::string> snapshot_class;  ///< VolumeSnapshotClass; absent: the cluster's default
  std::optional<std::string> cache_capacity;
  /// With one a mover's cache is a PVC for each source, which stays. Absent: movers of kopia have none that stays.
  std::optional<std::string> cache_storage_class;
  std::optional<std::string> compression;
  std::optional<int> parallelism;
  std::optional<std::string> copy_method;
  std::optional<Retain> retain;
  std::optional<SecurityContext> security_context;
  std::optional<std::string> hourly, daily;  ///< cron; 'M' as the minute field is the PVC's own minute
};

/// What an installation without a word gets.
BackupLayer default_backup();

/// Five cron fields as VolSync takes them (the pattern of `spec.trigger.schedule` in its CRDs, narrowed to what its
/// parser, robfig/cron, accepts), where the minute may be "M", or "@hourly", "@daily", "@weekly", "@monthly",
/// "@yearly", "@annually".
bool valid_schedule(std::string_view schedule);

/// A valid schedule with single spaces between its fields and with the PVC's own minute for a minute field "M".
std::string spread(std::string_view schedule, const core::PvcName& pvc);

/// How much time passes between two of a valid schedule at the most, roughly: so many hours for "*/12" as the hour,
/// else an hour, a day, a week, a month or a year.
std::chrono::hours longest_pause(std::string_view schedule);

/// How old the newest backup of a valid schedule may become: one is left out without a word, for a busy hour or a night
/// of maintenance. 3 h of an hourly one, 50 h of a daily one.
std::chrono::hours overdue_after(std::string_view schedule);

struct SecretOptions {
  enum class Mode {
    None,            ///< the Secret is somebody else's
    ExternalSecret,  ///< an ExternalSecret is written
    Copy             ///< the Secret is, with what holdfast itself opens the repository with
  };
  Mode mode = Mode::None;
  bool writes_external() const { return mode == Mode::ExternalSecret; }
  bool copies() const { return mode == Mode::Copy; }
  /// Of the Secret that a PVC's movers read: "{pvc}" and "{namespace}" stand for the PVC's own.
  std::string name = "volsync-{pvc}";
  std::string store;
  std::string store_kind = "ClusterSecretStore";
  std::string key;
  std::string property = "kopia_password";
  std::string access_key_property = "access_key";  ///< repository kind s3
  std::string secret_key_property = "secret_key";
  /// Copy, repository kind s3: hold the keys for movers, who write; empty: holdfast's own are theirs too.
  std::string access_key_file{}, secret_key_file{};
  std::string refresh_interval = "1h";
};

/// What opens the repository, and its bucket: for movers' Secrets alone, never printed or kept.
struct Credentials {
  std::string password;
  std::string access_key, secret_key, session_token;  ///< repository kind s3; a token may be empty
};

/// Where the movers find the repository.
struct RepositoryOptions {
  enum class Kind { None, Nfs, S3, Pvc };
  Kind kind = Kind::None;
  std::string server, path;  ///< nfs
  std::string claim;         ///< pvc: of this name in every namespace with protected PVCs
  /// Where a mover has it. VolSync mounts moverVolumes below /mnt: there "/repository" becomes "/mnt/repository".
  std::string mount_path = "/repository";
  std::string bucket, endpoint, prefix, region;  ///< s3
  bool mover_volumes = true;                     ///< false: /mutate/job or somebody else mounts it
  bool all_squash = false;                       ///< nfs: the server makes one user of all, so movers may be several
  bool inject = false;                           ///< /mutate/job does; then never with mover_volumes
  std::chrono::milliseconds jitter{0};           ///< inject: the longest time that a backup waits before it begins
  std::string jitter_image;                      ///< inject: of the container that waits; empty: the mover's own
};

struct MaintenanceOptions {
  bool enabled = true;  ///< where the repository is known and our own namespace too
  std::string schedule = "0 */12 * * *";
  std::string secret = "volsync-holdfast-maintenance";  ///< in our namespace; made where SecretOptions says so
  BackupLayer mover;  ///< of it the security context counts, over that of Options::backup
  /// How old the last one that succeeded may become; absent: as the schedule says.
  std::optional<std::chrono::milliseconds> stale_after;
};

/// A second, off-site backup with restic for PVCs with the annotation `holdfast.dev/offsite: "true"`.
struct OffsiteOptions {
  bool enabled = false;
  std::string repository;  ///< "s3:https://host/bucket": `/<namespace>/<pvc>` is added
  std::string store, store_kind = "ClusterSecretStore", key;
  std::string password_property = "restic_password";
  std::string access_key_property = "access_key", secret_key_property = "secret_key";
  std::string schedule = "30 2 * * *";
  Retain retain{0, 7, 4, 2};
};

/// How long a stage of a restore may last before a person should know. How long its mover may work is overlong_sync.
struct RestoreDeadlines {
  std::chrono::milliseconds start{std::chrono::minutes{30}};  ///< from the PVC's creation to a run
  std::chrono::milliseconds verify{std::chrono::hours{1}};    ///< from the run's end to the offer of its image
  std::chrono::milliseconds bind{std::chrono::hours{1}};      ///< likewise to Bound, where something wants the PVC
};

/// The user of holdfast's image and manifests.
inline constexpr std::int64_t kImageUser = 65532;

/// What of others is taken over.
enum class Adopts {
  Requested,     ///< that of a PVC of which somebody has asked for all objects
  Predecessors,  ///< and all that kyverno and pvc-plumber made
  Everything     ///< as if all had been asked for: to see what that would change
};

struct Options {
  bool enabled = true;
  std::chrono::milliseconds min_age{std::chrono::hours{2}};
  /// A backup or restore of VolSync that lasts longer is taken for one that hangs.
  std::chrono::milliseconds overlong_sync{std::chrono::hours{6}};
  RestoreDeadlines restore_deadline;
  std::chrono::milliseconds drill_every{std::chrono::hours{7 * 24}};  ///< each PVC's restore is rehearsed; 0: it is not
  Adopts adopt = Adopts::Requested;
  bool kyverno_cleanup = false;  ///< generator.cleanup: kyverno
  SecretOptions secret;
  RepositoryOptions repository;
  BackupLayer backup;                          ///< over default_backup()
  std::map<std::string, BackupLayer> classes;  ///< by the PVC's storage class, over `backup`
  MaintenanceOptions maintenance;
  OffsiteOptions offsite;
  std::string own_namespace;  ///< POD_NAMESPACE; empty: not known
  /// Who reads a repository of files must be the user that movers run as: in a pod the user of that, else the one that
  /// the manifests give it.
  std::int64_t own_user = kImageUser;
  bool pod_insight = false;  ///< pods are watched: why movers do not start, and as whom PVCs are used
};

}  // namespace holdfast::volsync
