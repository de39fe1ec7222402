// Keeps the memory of seen backups up to date: every replica reads it, the leader writes what a proof has shown. What
// this replica knows is united with what it finds, so that an older copy that somebody puts there takes nothing away.
// Belongs to the thread of the client's loop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/volsync/seen.hpp"
#include "src/generator/store/memory_config_map.hpp"

namespace holdfast::generator {
using namespace volsync;

class SeenMemory {
 public:
  /// `lazy`: the least time between two writes that only move the times of known identities. `changed` is told of what
  /// this replica knows. References outlive it.
  SeenMemory(const core::Policy& policy, const std::string& own_namespace, std::chrono::milliseconds lazy,
             kube::Client& client, const ops::Logger& log, ops::Metrics& metrics,
             std::function<void(const Seen&)> changed = {});

  /// What a round goes by.
  struct Round {
    std::shared_ptr<const core::Catalog> proven = nullptr;  ///< of the pinned repository; nullptr: not known
    /// PVCs that exist and carry accept-vanished: their tombstones are forgotten where they name them.
    std::vector<core::WantsRestore> accepting = {};
    std::optional<kube::Deadline> until = std::nullopt;  ///< we lead until then; nullopt: nothing is written
    std::vector<Synced> synced = {};                     ///< ReplicationSources: who backs up as what
    bool writes() const { return until && proven; }
  };
  /// Reads the memory, and writes it where something is new in it and it has not changed in between. Ignored while an
  /// earlier round is under way, and where the memory has no place.
  void begin(Round round);

  bool has_place() const { return map_.has_value(); }
  bool busy() const { return map_ && map_->busy(); }
  /// A round is over, or there is none to wait for.
  bool looked() const { return !map_ || map_->looked(); }
  /// As read or written last, and whatever was known before; nullptr: not known.
  const Seen* seen() const { return seen_ ? &*seen_ : nullptr; }
  /// Backups that are in the memory and not in the catalog: there are tombstones.
  bool misses(const core::Catalog& catalog) const;
  /// For people; empty: nothing.
  std::string problem() const;

 private:
  /// The object as it was found; no version: there is none.
  struct Found {
    Seen seen;
    std::string version;
  };
  void found(const Round& round, const std::optional<json::ConfigMap>& object);
  Found absent();
  void compare(const Round& round, const Found& found);
  void know(Seen seen);
  void forget_accepted(const Round& round, Seen& seen) const;
  bool is_worth_a_write(const Seen& before, const Seen& after) const;

  const bool unpinned_;
  const std::chrono::milliseconds lazy_;
  const ops::Logger& log_;
  const std::function<void(const Seen&)> changed_;
  std::optional<MemoryConfigMap> map_;
  std::optional<Seen> seen_;
  std::chrono::steady_clock::time_point wrote_{};
};

/// Those of every repository that was ever pinned here: a new one knows nothing of what an earlier one held, of which
/// the off-site copy may be the last that is left.
class SeenMemories {
 public:
  using All = std::map<std::string, Seen>;  ///< by the ConfigMap's name

  /// `own_namespace` empty: there are none, and nothing is known. `changed` is called when they are others than before.
  /// References outlive it.
  SeenMemories(std::string own_namespace, kube::Client& client, const ops::Logger& log, std::function<void()> changed);

  /// Lists them, unless that is under way.
  void look();
  bool looked() const { return looked_ || own_namespace_.empty(); }
  /// As of the last look that succeeded; nullptr: none has.
  const All* all() const { return all_ ? &*all_ : nullptr; }
  std::string problem() const { return problem_; }  ///< for people; empty: none

 private:
  struct Page;
  void list(std::shared_ptr<Page> page, kube::Deadline deadline);
  void take(const std::shared_ptr<Page>& page, kube::Deadline deadline, const kube::Result& result);
  void end(const std::string& problem);

  const std::string own_namespace_;
  kube::Client& client_;
  const ops::Logger& log_;
  const std::function<void()> changed_;
  std::optional<All> all_;
  std::string problem_;
  bool looked_ = false;
  bool under_way_ = false;
  Alive alive_;
};

}  // namespace holdfast::generator
