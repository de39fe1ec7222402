// The objects of product section "Objects the generator owns", exactly as they are applied.
// Pure; any thread. Sources of the formats: VolSync's api/v1alpha1 (the fork with the kopia mover), external-secrets.io
// v1, kyverno.io v2.
#pragma once

#include <json/value.h>

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/identity.hpp"
#include "holdfast/core/protection.hpp"
#include "holdfast/core/workload.hpp"
#include "holdfast/kube/resource.hpp"
#include "holdfast/volsync/options.hpp"
#include "holdfast/volsync/storage.hpp"

namespace holdfast::volsync {

/// The parts that an object of ours can play. The first seven belong to one PVC.
enum class Part {
  Secret,
  Destination,
  RestoreRun,
  Source,
  OffsiteSecret,
  OffsiteSource,
  Drill,
  MaintenanceSecret,
  Maintenance,
  CleanupPolicy,
  SecretCopy  ///< the Secret itself, of one PVC or of the maintenance
};
std::string_view to_string(Part part);  ///< "secret", "destination", "run", "source", …
const kube::Resource& resource(Part part);

/// The kinds of objects that belong to PVCs.
enum class Family { Secrets, Destinations, Sources };
inline constexpr Family kFamilies[] = {Family::Secrets, Family::Destinations, Family::Sources};
const kube::Resource& resource(Family family);
Family family(Part part);

/// The names of a PVC's objects: they depend on its name and the strategy alone. At most 253 bytes.
struct Names {
  std::string secret, destination, run, source, offsite_secret, offsite_source, drill;
  const std::string& of(Part part) const;  ///< empty for the parts that belong to no PVC
};
Names names(core::Naming naming, std::string_view pvc);
/// The PVCs that an object of this name could stand in the way of. Names that were shortened are not found this way:
/// the sweep looks at those. Some may be empty.
std::vector<std::string> pvcs_by_name(Family family, core::Naming naming, const std::string& name);

/// What VolSync calls the Job that moves data for an object of this part and name. Source: GetJobName in VolSync's
/// internal/controller/utils/utils.go. Empty for the parts that have none.
std::string mover_job_name(Part part, std::string_view object);

/// What VolSync calls the PVC that the run of this name restores into. Source: getDestinationPVCName in the fork's
/// internal/controller/mover/kopia/mover.go, which shortens nothing.
std::string run_volume_name(std::string_view run);
/// The PVC whose run has a volume of this name; empty: none, or it was shortened.
std::string pvc_by_run_volume(const std::string& name);

/// What it calls the temporary PVC and the temporary VolumeSnapshot of a ReplicationSource of this name. Source:
/// ensureSourcePVC in VolSync's internal/controller/mover/kopia/mover.go. Longer than the API server allows: it makes
/// none.
std::string temporary_volume_name(std::string_view source);

inline constexpr std::string_view kManager = "holdfast";
namespace key {
using namespace core::key;  // of PVCs
inline constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kPvcLabel = "volsync.backup/pvc";
inline constexpr std::string_view kPvc = "holdfast.dev/pvc";  ///< annotation: the PVC's whole name
/// Annotation: a hash of everything that was applied, so that what is not wanted any more is noticed too.
inline constexpr std::string_view kApplied = "holdfast.dev/applied";
/// Annotation on a destination: `<PVC uid>/<snapshot id>`: that restore was verified (or accepted unverified).
inline constexpr std::string_view kVerified = "holdfast.dev/verified";
/// Annotation on a ReplicationSource: whom the pods that use the PVC run as, "568:568:570"; it is kept while there are
/// none.
inline constexpr std::string_view kUsers = "holdfast.dev/users";
/// Annotation beside it: by what, as to_string(Restore::VerifiedBy) says.
inline constexpr std::string_view kVerifiedBy = "holdfast.dev/verified-by";
/// Annotation on a ReplicationSource, of whoever wants a backup between two scheduled ones: when that was asked for
/// (RFC 3339). A backup that began before does not count.
inline constexpr std::string_view kBackupRequested = "holdfast.dev/backup-requested";
/// Annotation beside it, ours: the last of those that was made.
inline constexpr std::string_view kBackupMade = "holdfast.dev/backup-made";
/// Annotation on a ReplicationSource that is paused: why.
inline constexpr std::string_view kPauseReason = "holdfast.dev/pause-reason";
/// Annotation on a ReplicationSource, of whoever wants a drill: when that was asked for (RFC 3339). A drill that is
/// made because of it carries it too.
inline constexpr std::string_view kDrillRequested = "holdfast.dev/drill-requested";
/// Annotation on a drill: the id of the snapshot.
inline constexpr std::string_view kDrillSnapshot = "holdfast.dev/drill-snapshot";
// Annotations on a destination: the members of DrillMark.
inline constexpr std::string_view kDrill = "holdfast.dev/drill";
inline constexpr std::string_view kDrillEnded = "holdfast.dev/drill-ended";
inline constexpr std::string_view kDrillProblem = "holdfast.dev/drill-problem";
inline constexpr std::string_view kDrillVerified = "holdfast.dev/drill-verified";
inline constexpr std::string_view kDrillMade = "holdfast.dev/drill-made";
/// Annotation on a namespace, of VolSync's: its movers run as root and may set any owner and mode.
inline constexpr std::string_view kPrivilegedMovers = "volsync.backube/privileged-movers";
}  // namespace key

/// `metadata.labels["volsync.backup/pvc"]`: the name, or where it is over 63 bytes a prefix and a hash.
std::string pvc_label(std::string_view pvc);

/// One object, complete: apiVersion, kind, metadata, spec.
struct Object {
  Part part = Part::Destination;
  std::string ns;
  std::string name;
  Json::Value body;
};

/// The minute of the hour that is this PVC's own: sha256(ns/pvc) mod 60, the digest read as one big-endian number.
int minute_of(const core::PvcName& pvc);

/// What is wrong with the backup annotations of a PVC ("annotation holdfast.dev/retain: …"); empty: nothing. A layer
/// that cannot be read is left out.
struct Backup {
  BackupLayer settings;  ///< complete
  std::string schedule;
  bool is_usual = false;  ///< nobody has set another schedule
  std::string problem;
};
Backup backup_of(const core::Claim& claim, core::Tier tier, const Options& options);

/// Everything the objects of one PVC depend on.
struct Subject {
  const core::Claim& claim;
  core::Tier tier;
  core::Identity identity;  ///< under which it is backed up
  const core::Policy& policy;
  const Options& options;
  core::RunsAs users = {};  ///< whom the pods that use the PVC run as, as far as that is known
  /// nullptr: nobody was asked, and the classes that are set count as fitting.
  const StorageDrivers* drivers = nullptr;
};

/// The Secret in which the PVC's movers read where the repository is, and its password.
std::string secret_name(const SecretOptions& options, const core::PvcName& pvc);
/// The folder in which a mover finds the repository, of the kinds nfs and pvc.
std::string repository_folder(const RepositoryOptions& repository);

Object secret_object(const Subject& subject);
/// The values of the destination's annotations kVerified and kVerifiedBy; empty: not there.
struct VerifiedMark {
  std::string restore;
  std::string by;
  bool operator==(const VerifiedMark&) const = default;
};
/// What a destination says of the drills of its PVC; times are RFC 3339, empty: none.
struct DrillMark {
  std::string token;     ///< of the last that is over
  std::string ended;     ///< when that was; without one: since when there are drills
  std::string problem;   ///< why it did not bring what it should; empty: it did
  std::string verified;  ///< when the last that did was over
  std::string made;      ///< when the last that somebody asked for, and that is over, was asked for
  bool operator==(const DrillMark&) const = default;
};
Object destination_object(const Subject& subject, const VerifiedMark& verified, const DrillMark& drilled = {});
/// A restore under way. `token` goes into the trigger, `as_of` byte for byte into restoreAsOf.
struct RunWish {
  core::Identity source;
  std::string as_of;
  std::string token;
  core::RunsAs root = {};  ///< whom the root of the snapshot belongs to, as far as that is known
};
Object run_object(const Subject& subject, const RunWish& wish);
/// The same restore into a temporary volume that nobody uses. `snapshot`: the id of what `wish` asks for; `requested`:
/// when somebody asked for the drill, empty: nobody did.
Object drill_object(const Subject& subject, const RunWish& wish, std::string_view snapshot, std::string_view requested);
/// A backup that was asked for. VolSync follows no schedule while `spec.trigger.manual` is there, so it stands there
/// only until that backup is made.
struct BackupRequest {
  std::string token;  ///< for the trigger; empty: none is wanted now
  std::string made;   ///< when the last one that is made was asked for; empty: none was
};
/// `kept`: the schedule of a source that was taken over, where nobody has set another; empty: there is none.
Object source_object(const Subject& subject, const BackupRequest& request = {}, std::string_view kept = {});

Object offsite_secret_object(const Subject& subject);
Object offsite_source_object(const Subject& subject);

/// The Secret that the PVC's movers read, with what is in it. The hash is of the names of its keys, not of what they
/// hold: whoever reads annotations cannot try passwords on it.
Object secret_copy(const core::Claim& claim, const Options& options, const Credentials& credentials);
/// Whether the Secret with this `data` is already what `wanted` asks for.
bool same_copy(const Object& wanted, const core::Observed& observed, const Json::Value& data);
/// The keys that a mover cannot do without and `data` does not have, such as "KOPIA_PASSWORD".
std::vector<std::string> missing_keys(const Json::Value& data);

/// Objects that belong to the installation and not to one PVC.
std::vector<Object> installation_objects(const core::Policy& policy, const Options& options);

/// Whether `observed` is already what `wanted` asks for: what we want is there (defaults and other people's additions
/// do not matter), and nothing of ours is left from before (the applied hash is the same).
bool same(const Object& wanted, const core::Observed& observed);

/// As it is sent and printed: sorted keys, no spaces.
std::string to_json(const Object& object);

}  // namespace holdfast::volsync
