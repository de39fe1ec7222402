// What was true between a question and its answer, and what an answer may therefore say.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/property/model_repository.hpp"

namespace holdfast::model {

/// A PVC of the cluster with all that belongs to it.
struct Subject {
  core::PvcName name;
  std::vector<core::Identity> sources;  ///< under which its backups may lie, best first
  bool exists = false;
  bool existed = false;
  bool had_backup = false;                   ///< a complete one, ever
  bool backing_up = false;                   ///< its ReplicationSource synchronises
  core::Time backup_began{};                 ///< of the one under way
  std::optional<core::Time> last_backed_up;  ///< when its ReplicationSource last said that it is done
  std::string told;                          ///< the id of the tombstone that was last found for it
};

/// A review between its question and its answer. What it notes down, it notes at every moment at which anything is
/// different.
class Witness {
 public:
  Witness(std::size_t subject, std::string accepted) : subject_(subject), accepted_(std::move(accepted)) {}

  /// The right repository is there and looks like this.
  void sees(const Repository& repository, const Subject& subject);
  /// The API server answers. "No backup" must hold at a moment from here on.
  void is_told(const Subject& subject, bool remembered, const std::string& tombstone);

  std::size_t subject() const { return subject_; }
  bool accepts_vanished() const { return !accepted_.empty(); }

  /// Why the answer is wrong; empty: it is not.
  std::string fault_of_fresh() const;
  std::string fault_of_restore(const std::string& snapshot) const;
  std::string fault_of_shrinking() const;

 private:
  std::size_t subject_;
  std::string accepted_;      ///< the tombstone that its annotation names; empty: none
  bool was_without_ = false;  ///< the right repository was there and held no complete backup of it
  /// Every snapshot that was the one to restore at some moment; never one of a source that could be another PVC's, and
  /// never a hollow one.
  std::set<std::string> newest_;
  bool was_hollow_ = false;  ///< the newest one held no file, and one before it did
  bool told_ = false;
  bool was_backing_up_ = false;
  bool was_vanished_ = false;  ///< backups of it were remembered, and it did not accept that they are gone
};

/// Which backups have been there, complete, at every moment since somebody asked.
class Constancy {
 public:
  void sees(const Repository& repository, const std::vector<Subject>& subjects);
  /// The sources of those backups, as to_string writes them.
  std::set<std::string> sources() const;

 private:
  std::optional<std::set<std::pair<std::string, std::string>>> always_;  ///< source and id
};

}  // namespace holdfast::model
