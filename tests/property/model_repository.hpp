// A kopia repository as a value: its index blobs, its snapshots, its format; and what kopia would print of it. The
// truth that a test holds answers against. A model for tests, simplified to what a reader can tell from outside: facts
// about names and formats as docs/proof.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "holdfast/core/identity.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::model {

struct Backup {
  /// What keeps a snapshot from being a backup.
  enum class Flaw { None, Checkpoint, NoRootEntry, NoEnd };

  std::string id;
  core::Identity source;
  core::Time start{};
  core::Time end{};
  Flaw flaw = Flaw::None;
  int files = 2;
  bool complete() const { return flaw == Flaw::None; }
};

/// A copy is an older state to come back to.
class Repository {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  /// Superseded blobs stay this long, so that no reader under way misses both them and what took their place.
  static constexpr std::chrono::hours kSafety{1};
  /// Retention: more complete backups of one source push out the oldest. Fewer than holdfast compares the newest with.
  static constexpr std::size_t kKept = 5;

  /// `digit` makes the identity. `numbers` outlives the repository: it counts what was ever named in any of them, so
  /// that no name occurs twice, not even in a copy that goes its own way.
  Repository(char digit, std::uint64_t& numbers) : digit_(digit), numbers_(&numbers) { new_name(); }

  core::RepositoryId id() const;
  /// The text of the blob kopia.repository.
  std::string format_text() const;
  int password() const { return password_; }
  const std::set<std::string>& names() const { return names_; }

  void add(core::Identity source, core::Time start, core::Time end, Backup::Flaw flaw, int files);
  /// False: there was none.
  bool expire_oldest(const core::Identity& source);
  bool remove_all(const core::Identity& source);
  void compact(Steady now);
  /// Removes what compactions superseded long ago; false: there was nothing.
  bool clean_up(Steady now);
  /// Writes an index of the new format; what it supersedes goes as after a compaction.
  void upgrade_format(Steady now);
  void change_password() { ++password_; }

  /// The newest complete backup under the first of `sources` that has one; null: none has.
  const Backup* newest(const std::vector<core::Identity>& sources) const;
  /// It holds no file, and another complete one of its source does.
  bool is_hollow(const Backup& backup) const;
  /// The ids of all complete backups of `source`.
  std::set<std::string> complete(const core::Identity& source) const;

  const std::vector<Backup>& backups() const { return backups_; }

 private:
  void new_name();

  char digit_;
  std::uint64_t* numbers_;
  int format_ = 1;
  int password_ = 1;
  std::set<std::string> names_;
  std::map<std::string, Steady> superseded_;  ///< names that a compaction has replaced, and when
  std::vector<Backup> backups_;
};

/// One entry of `kopia snapshot list --all --json`.
std::string listing_entry(const Backup& backup);

}  // namespace holdfast::model
