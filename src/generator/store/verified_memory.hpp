// Keeps the memory of verified restores: every replica reads it, the leader writes what destinations say.
// Belongs to the thread of the client's loop.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "src/generator/plan/verified.hpp"
#include "src/generator/store/memory_config_map.hpp"

namespace holdfast::generator {

class VerifiedMemory {
 public:
  /// `own_namespace` empty: it has no place, and nothing is known. `changed` is called when something else is known
  /// than before, or is written that was not. References outlive it.
  VerifiedMemory(const std::string& own_namespace, kube::Client& client, const ops::Logger& log, ops::Metrics& metrics,
                 std::function<void()> changed);

  /// A destination of a PVC that lives carries it. Returns whether a round has something to write.
  bool learn(const VerifiedMark& mark);

  /// What a round goes by.
  struct Round {
    std::optional<kube::Deadline> until = std::nullopt;  ///< we lead until then; nullopt: nothing is written
    /// The uids of all PVCs that there are; nullopt where that is not known for sure. Asked where lines are missing, or
    /// may be of PVCs that are gone.
    std::function<std::optional<std::set<std::string>>()> alive = {};
    /// Lines of PVCs that are gone are dropped, by the first round that can: another may be under way.
    bool tidies = false;
  };
  void begin(Round round);

  bool busy() const { return map_ && map_->busy(); }
  bool looked() const { return !map_ || map_->looked(); }
  /// What is remembered of the PVC with this uid.
  Remembered of(std::string_view uid) const;
  std::string problem() const { return map_ ? map_->problem() : std::string(); }  ///< for people; empty: nothing

 private:
  void found(const Round& round, const std::optional<json::ConfigMap>& object);
  void absent(const Round& round);
  /// `missing`: what this replica knows and `found` has no line of.
  void compare(const Round& round, const VerifiedMarks& found, const VerifiedMarks& missing,
               const std::string& version);
  VerifiedMarks look_for_the_missing(const Round& round, const VerifiedMarks& found);
  void know(VerifiedMarks known, const VerifiedMarks& stored);

  const std::function<void()> changed_;
  std::optional<MemoryConfigMap> map_;
  std::optional<VerifiedMarks> known_;   ///< as read or written last, and whatever was known before
  std::optional<VerifiedMarks> stored_;  ///< as read or written last
  VerifiedMarks learned_;                ///< not written yet
  bool tidies_ = false;                  ///< the next round that can
};

}  // namespace holdfast::generator
