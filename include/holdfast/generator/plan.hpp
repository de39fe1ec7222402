// From what is to what has to be done, for one PVC at one moment. Everything is read off the cluster and the index, so
// that a restart or another leader goes on where the last one stopped.
// Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "holdfast/core/ownership.hpp"
#include "holdfast/core/workload.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/run_as.hpp"
#include "holdfast/volsync/seen.hpp"

namespace holdfast::generator {
using namespace volsync;  // the words of its objects are the generator's

/// How the store stands with a kind of objects: what it does not know it must not act on.
enum class Known { Current, NotYet, Absent, Forbidden };

/// The Job that moves data for an object of ours, by its own status; and, where pods are watched, by its pods'.
struct Mover {
  std::string job;  ///< its name
  bool complete = false;
  bool ended = false;       ///< complete, or failed for good: VolSync makes another one then
  std::int64_t failed = 0;  ///< so many of its pods have failed
  std::int64_t backoff_limit = 0;
  std::string failure;                    ///< how the last of them did, for people; empty: not known
  std::optional<core::Time> idle_since;   ///< it should have a pod at work, and has had none since then
  std::string waiting;                    ///< what that pod waits for; empty: not known
  std::optional<core::Time> stuck_since;  ///< where there is no pod, or it does not begin by itself: since when
  bool operator==(const Mover&) const = default;
};

/// Why the image of a restore could not be offered when that was tried last: the VolumeSnapshot was read right before.
struct UnfitImage {
  std::string name;    ///< of the image
  std::string needed;  ///< the PVC would have to request at least this much; empty: that is not known yet
  core::Time seen;
};
/// The object whose Events are asked for.
struct EventsOf {
  std::string kind, ns, name;
  auto operator<=>(const EventsOf&) const = default;
};
/// What the newest warning Event of each says, other than our own; empty: there is none, or it cannot be read.
using Events = std::map<EventsOf, std::string>;
/// What the memory of verified restores has of a PVC.
struct Remembered {
  bool known = false;     ///< it was read: what is not in it was never there, or was lost
  VerifiedMark verified;  ///< empty: nothing
  bool stored = false;    ///< `verified` outlives this process
  std::string problem;    ///< of the memory, for people
};

/// What is known of one PVC. Pointers live as long as the call.
struct View {
  core::PvcName pvc;
  const core::Claim* claim = nullptr;                 ///< nullptr: there is none
  const core::StringMap* namespace_labels = nullptr;  ///< nullptr: not known
  bool namespace_deleting = false;
  bool privileged_movers = false;  ///< of the namespace: VolSync's movers run as root
  /// Of the namespace: PVCs that were created by then go on although older backups were not restored into them.
  std::optional<core::Time> older_backups_accepted = std::nullopt;
  std::map<Part, const core::Observed*> objects;               ///< under the names of names(), whoever wrote them
  std::vector<std::pair<Part, const core::Observed*>> strays;  ///< ours for this PVC under other names
  /// Somebody else's ReplicationSources that back this PVC up, under names that are none of names().
  std::vector<const core::Observed*> rivals;
  std::map<Part, Known> known;  ///< absent: Current
  bool claims_known = true;     ///< false: that there is no claim proves nothing
  /// The watches of PVCs and namespaces are both current. False: nothing is deleted because of what is not seen.
  bool watches_current = false;
  /// The PVC that VolSync restores into for the run, whoever it belongs to; nullptr: there is none.
  const core::Claim* run_volume = nullptr;
  bool other_drill = false;        ///< there is a drill of another PVC
  bool drill_volume_left = false;  ///< the volume of an earlier drill of this PVC is still there
  std::map<Part, Mover> movers;  ///< of the run, the drill and the two sources, as far as there is a Job that is theirs
  std::map<std::string, Mover> stray_movers;  ///< of strays that are sources, by the stray's name
  bool movers_known = false;                  ///< that there is no Job says something
  Users users;
  const StorageDrivers* drivers = nullptr;  ///< nullptr: nothing is known of the cluster's classes yet
  const Events* events = nullptr;           ///< nullptr: nobody reads Events
  core::Ownership ownership;  ///< what is said of the PVC's places, and of those that could be taken for them
  Remembered remembered;
  /// Of every repository that was ever pinned here, by the name of its ConfigMap; nullptr: not known.
  const std::map<std::string, Seen>* memories = nullptr;
  std::string memories_problem;              ///< for people
  const core::Evidence* evidence = nullptr;  ///< nullptr: not asked yet
  const UnfitImage* unfit_image = nullptr;   ///< nullptr: none, or not tried yet
  /// How the Secret stands that is a copy of ours: "ready", "external" (it is somebody else's), "missing", "not ready:
  /// …", "not looked at yet"; empty: there need be none.
  std::string secret_copy{};
  std::size_t index_blobs = 0;  ///< of the repository, for likely causes; 0: not known
};

// A watch may have fallen silent without a sign. Whoever carries out an action that would be wrong then reads the PVC
// again first; `claim_uid` is that of the PVC which the plan is about.
struct Apply {
  Object object;
  bool creates = false;  ///< it is not there: the write must fail if it is by then
  std::string uid;       ///< of what is there
  /// Set where a change is only right for what was seen: a ReplicationSource may begin to synchronise meanwhile.
  std::string resource_version;
  bool adopts = false;
  /// Set where a wrong PVC does harm: what begins to be backed up, and what changes hands. Empty: the PVC is not read.
  std::string claim_uid = {};
  /// The mover's Job, where VolSync is in the middle of a backup or restore that does not get on: whoever carries this
  /// out reads it first, and leaves the object alone where that Job has a pod at work. Empty: nothing to ask.
  std::string idle_job = {};
};
/// Why an object is removed, where that depends on what the PVC asks for.
inline constexpr std::string_view kNotProtected = "not-protected";
inline constexpr std::string_view kRenamed = "renamed";
struct Remove {
  Part part;
  std::string ns, name, uid, resource_version;
  std::string reason;          ///< "pvc-gone", "not-protected", "restore-done", "renamed", "owner-gone"
  std::string claim_uid = {};  ///< empty: there must be no PVC of that name
  /// Set where the PVC and its namespace must also still ask for what they asked for.
  std::string claim_version = {};
  std::optional<core::StringMap> namespace_labels = std::nullopt;
  std::string idle_job = {};  ///< as that of Apply
};
/// Puts an image on the destination's status, or takes it off (nullopt). Fails where the destination has changed since.
struct SetImage {
  std::string ns, name, uid, resource_version;
  std::optional<core::Image> image;
  /// Of an image put on: the PVC that it is for. Whoever carries this out reads the PVC again first: another one of the
  /// same name must not be filled with it.
  std::string claim_uid;
};
/// Takes off an object of ours the labels by which its former manager would remove it with a policy of its own.
struct Disown {
  Part part;
  std::string ns, name, uid;
  std::vector<std::string> labels;
};
using Action = std::variant<Apply, Remove, SetImage, Disown>;

/// Of an action by which somebody else's object becomes ours; nullptr: it is another one.
inline const Apply* takeover(const Action& action) {
  const auto* apply = std::get_if<Apply>(&action);
  return apply != nullptr && apply->adopts ? apply : nullptr;
}

/// Something that is not done, and why.
struct Hold {
  Part part = Part::Source;
  std::string code;      ///< "NotBound", "TooYoung", "BackupsNotRestored", "RestoreNotVerified", "ForeignObject", …
  std::string message;   ///< a sentence for people, with what to do where a person must act
  bool warning = false;  ///< a person should know: it becomes an Event
  std::optional<core::Time> until;  ///< passes by itself then
};

/// Where a promised restore stands.
struct Restore {
  /// By what a restore counts as arrived.
  enum class VerifiedBy {
    Nothing,
    Log,     ///< the mover's own word, and the snapshot that was there for it before and after
    Counts,  ///< and kopia's count of what it restored is what the snapshot holds
    Person   ///< somebody looked, and takes it as it is
  };
  enum class Stage {
    None,        ///< nothing was promised
    Open,        ///< promised; its run is not there yet
    Running,     ///< the mover works
    Checking,    ///< it says that it is done; what the repository holds since then is not known yet
    Unverified,  ///< it says it is done, and it is not so; the next attempt comes at `next_attempt`
    Verified,    ///< the snapshot has arrived; the destination is not open yet
    Published,   ///< the destination is open; the populator fills the PVC (which may stay Pending for hours)
    Bound,       ///< the PVC has it; the destination is to be closed and the run to be deleted
    Closed       ///< done
  };
  Stage stage = Stage::None;
  std::string token;    ///< of the run that counts now
  int attempt = 0;      ///< 1 is the first
  std::string problem;  ///< of Unverified: what was expected and seen, and the likely cause
  std::optional<core::Time> next_attempt;
  bool failed = false;  ///< of Unverified: the mover itself failed, as opposed to a success that restored too little
  VerifiedBy verified_by = VerifiedBy::Nothing;  ///< of Verified and Published; Person: `problem` remains
  std::string grounds;                           ///< the same in words
  std::string missing;  ///< from Verified on: what is known not to be in the volume as it was; empty: nothing is known
};
std::string_view to_string(Restore::Stage stage);
/// "log", "counts", "person"; empty: nothing.
std::string_view to_string(Restore::VerifiedBy by);

/// A restore that is rehearsed.
struct Drill {
  bool running = false;
  std::string token;     ///< of the one that runs, or whose end this plan tells
  std::string snapshot;  ///< its id
  std::string grounds;   ///< of an end that is good: by what it counts as arrived
  DrillMark last;        ///< of those that are over
};

/// For the log and the counters: steps that this plan takes in the life of a restore. Unverified and Failed are what it
/// finds, again with every plan: they count once for each token.
enum class RestoreStep {
  Started,
  Verified,
  AcceptedUnverified,
  Unverified,
  Failed,
  Published,
  Closed,
  DrillStarted,
  DrillVerified,
  DrillFailed
};

/// The object of this part under its own name, or nullptr.
inline const core::Observed* object_of(const View& view, Part part) {
  const auto found = view.objects.find(part);
  return found == view.objects.end() ? nullptr : found->second;
}
inline Known known_of(const View& view, Part part) {
  const auto found = view.known.find(part);
  return found == view.known.end() ? Known::Current : found->second;
}

struct Plan {
  core::Protection protection;
  Restore restore;
  Drill drill;
  std::vector<Action> actions;  ///< in this order; after one that fails the rest waits for the next plan
  std::vector<Hold> holds;
  std::vector<RestoreStep> steps;
  std::vector<EventsOf> quotes;          ///< whose Events it quotes, or would
  bool needs_evidence = false;           ///< it could go further with current evidence
  bool needs_memory = false;             ///< likewise when more is known of a memory, or written to it
  std::optional<core::Time> look_again;  ///< at the latest
};

Plan make_plan(const View& view, const core::Policy& policy, const Options& options, core::Time now);

/// The promise in the PVC's annotations; nullopt: none, or it does not refer to our destination.
struct OpenPromise {
  std::string snapshot;
  std::string as_of;
  core::Identity source;
};
std::optional<OpenPromise> promise_of(const core::Claim& claim, const core::Policy& policy);

/// The state machine alone: where the restore of `view.claim` stands. make_plan() turns it into actions.
Restore restore_stage(const View& view, const core::Policy& policy, core::Time now);

}  // namespace holdfast::generator
