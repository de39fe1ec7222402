// What the cluster says about one PVC at the moment of decision (rules 7 and 8), and what was remembered (rules 7 and
// 9). Values; any thread. "Does not apply" is for an installation without a cluster connection.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "holdfast/core/ownership.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::core {

struct NotApplicable {};

/// The API server gave no answer within the request's budget.
struct NoAnswer {
  std::string reason;
};

/// The ReplicationDestination that the PVC would refer to.
struct Destination {
  enum class Owner {
    Absent,
    Ours,
    Adoptable,  ///< somebody else's, and ours as soon as its PVC is there
    Foreign
  };
  Owner owner = Owner::Absent;
  bool publishes_image = false;  ///< or, of one that is not ours yet, may at any moment
};

/// The backups of this PVC that may be under way.
struct BackupActivity {
  bool running = false;               ///< a mover Job has not ended, or there is a temporary volume or snapshot for one
  std::optional<Time> last_finished;  ///< when the last synchronisation ended, in whole seconds, cut
  std::string what = "a backup";      ///< what is there, for people: "Job volsync-src-data-backup"
  std::string hopeless = {};          ///< why what runs will hardly end by itself, for people; empty: it may
  std::string remedy = {};            ///< of that: what to delete, "ReplicationSource data-backup"
};

/// A backup identity that was seen with complete snapshots and has none now.
struct Tombstone {
  std::string id;
  std::string identity;
  std::optional<Time> last_seen;
};

struct ClusterFacts {
  std::variant<NotApplicable, NoAnswer, Destination> destination = {};
  std::variant<NotApplicable, NoAnswer, BackupActivity> backup = {};
  std::variant<NotApplicable, NoAnswer, std::optional<Tombstone>> tombstone = {};
  std::variant<NotApplicable, NoAnswer, Ownership> ownership = {};
  Ownership heard = {};  ///< of NoAnswer: what is known of it all the same
  /// Whose backups are whose is known by the names of the namespace's PVCs, too. Without them a place of backups may
  /// be taken for the PVC's own that is not, or not only; where there are none that makes no difference.
  bool knows_claims = true;
};

}  // namespace holdfast::core
