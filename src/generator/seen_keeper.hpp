// Keeps the memory of seen backups up to date: every replica reads it, the leader writes what a proof has shown.
// Belongs to the thread of the client's loop.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/generator/seen.hpp"
#include "holdfast/ops/log.hpp"

namespace holdfast::generator {

class SeenKeeper {
 public:
  /// `lazy`: the least time between two writes that only move the times of known identities. References outlive it.
  SeenKeeper(const core::Policy& policy, const std::string& own_namespace, std::chrono::milliseconds lazy,
             kube::Client& client, const ops::Logger& log);

  /// What a round goes by.
  struct Round {
    std::shared_ptr<const core::Catalog> proven = nullptr;  ///< of the pinned repository; nullptr: not known
    /// PVCs that exist and carry accept-vanished: their tombstones are forgotten where they name them.
    std::vector<core::WantsRestore> accepting = {};
    std::optional<kube::Deadline> until = std::nullopt;  ///< we lead until then; nullopt: nothing is written
    bool writes() const { return until && proven; }
  };
  /// Reads the memory, and writes it where something is new in it and it has not changed in between. Ignored while an
  /// earlier round is under way, and where the memory has no place.
  void begin(Round round);

  bool has_place() const { return place_.has_value(); }
  bool busy() const { return under_way_; }
  /// A round is over, or there is none to wait for.
  bool looked() const { return looked_ || !place_; }
  /// As read or written last; nullptr: not known.
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
  std::optional<Found> read(const kube::Result& result);
  Found absent();
  void compare(const Round& round, const Found& found);
  void forget_accepted(const Round& round, Seen& seen) const;
  void note_left_out(std::size_t identities);
  bool is_worth_a_write(const Seen& before, const Seen& after) const;
  void write(kube::Deadline until, Seen wanted, const std::string& version);
  void over(const std::string& problem, ops::Level level = ops::Level::Warn);

  const std::optional<kube::Target> place_;
  const bool unpinned_;
  const std::chrono::milliseconds lazy_;
  kube::Client& client_;
  const ops::Logger& log_;
  std::optional<Seen> seen_;
  std::string problem_ = "not read yet";
  std::string full_;  ///< what has no room in it, for people
  bool looked_ = false;
  bool under_way_ = false;
  std::chrono::steady_clock::time_point wrote_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::generator
