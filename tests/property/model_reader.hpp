// How holdfast's backends read a repository, step by step, so that the world can change between any two steps: the walk
// over the names of index blobs, and kopia's listing with everything that can go wrong in it. The bytes are a model's;
// what reads them is holdfast's own: hashes, format reader, listing reader, notices.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/index/proof/proof_machine.hpp"
#include "tests/property/model_repository.hpp"

namespace holdfast::model {

/// What the path holds; null: not mounted.
using Mount = std::shared_ptr<const Repository>;

/// One look at the repository: the format, then the folders of blobs one after the other.
class Walk {
 public:
  explicit Walk(index::Serial number) : serial(number) {}

  /// Reads the next part of what is at the path now; the result, once there is one.
  std::optional<index::ProbeResult> read_part(const Mount& mount);

  index::Serial serial;

 private:
  static constexpr std::size_t kShards = 4;

  Mount root_;  ///< the folder, opened once: a walk goes on in it even if it is moved away
  index::Fingerprint sight_;
  index::Names names_;
  std::size_t parts_read_ = 0;
};

/// What a run of kopia does to its listing.
enum class Conduct {
  Honest,
  Reordered,  ///< the same entries in another order
  Notice,     ///< complains of many index blobs on stderr
  Truncated,  ///< ends in the middle, with exit code 0
  Killed,     ///< ends in the middle, by a signal
  Skipping,   ///< leaves out an entry, says so on stderr, and exits with 0
  Failing,    ///< prints everything and exits with 1
  kCount
};

/// One listing: kopia reads the repository at some moment, and its output is judged at a later one.
class Reading {
 public:
  explicit Reading(const index::StartListing& start) : start_(start) {}

  index::Serial serial() const { return start_.serial; }
  bool has_read() const { return read_; }
  /// kopia opens and reads what is at the path, with the password that holdfast has.
  void read(const Mount& mount, int password);
  /// kopia is done (it read at some time before); `where` says where its output breaks. A run that is past its deadline
  /// was killed.
  index::ListingResult end(Conduct conduct, std::size_t where, const Mount& mount, Repository::Steady now) const;

 private:
  struct Output {
    std::string text;
    std::string errors;
    bool ended_well = true;
  };
  Output output(Conduct conduct, std::size_t where) const;

  index::StartListing start_;
  bool read_ = false;
  std::optional<Repository> seen_;
  std::string failure_;
};

}  // namespace holdfast::model
