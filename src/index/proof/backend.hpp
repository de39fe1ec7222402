// Where backups are read from: one kind of repository, seen by the prover.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "src/index/kopia/names.hpp"

namespace holdfast::index {

/// What a repository looks like from outside, cheap to read. Two equal fingerprints, the first taken before a listing:
/// no backup was finished between them that the listing does not hold.
struct Fingerprint {
  Hash128 names;          ///< the sum over the names of its index blobs
  std::size_t count = 0;  ///< how many names
  Hash128 format;         ///< of what says how to read the repository: it changes with format and password
  std::optional<core::RepositoryId> repository;
  std::shared_ptr<const Names> blobs =
      nullptr;  ///< what `names` and `count` are of, for the listing; null: it needs none

  bool operator==(const Fingerprint& other) const {
    return names == other.names && count == other.count && format == other.format && repository == other.repository;
  }
};

/// Why something could not be read, for people: no secret, one line.
struct Failure {
  std::string reason;
  bool timed_out = false;
};

using ProbeResult = std::variant<Failure, Fingerprint>;

/// A listing that counts: all that was there when its `before` was taken is in it.
struct Reading {
  std::shared_ptr<const core::Catalog> catalog;  ///< never null
  /// It was made of what `before` tells of and nothing else. Where not, the repository may have gone on meanwhile, or
  /// something else may have stood there; it is true of the moment at which it was read.
  bool exact = false;
};

using ListingResult = std::variant<Failure, Reading>;

/// Both calls may block for ever (a mount whose server is gone) and may still run while another begins; neither throws.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string_view name() const = 0;   ///< the value of the setting: "kopia-fs"
  virtual std::string_view place() const = 0;  ///< for people: "/repository"
  virtual std::string_view kind() const = 0;   ///< the same without saying where: "the mounted repository"
  /// The words of `place`, and of what the calls below say, that tell where it is, and what to say instead.
  virtual std::vector<std::pair<std::string, std::string>> whereabouts() const {
    return {{std::string(place()), std::string(kind())}};
  }

  virtual ProbeResult probe() = 0;

  /// All backups. `before` was taken before this call. A repository that meanwhile became another, changed its format
  /// or lost index blobs is a Failure, and so is a listing that was made without some of them. Gives up soon after
  /// `deadline`, or once `cancel` is set.
  virtual ListingResult list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                             const std::atomic<bool>& cancel) = 0;

  /// Ends what is under way, as far as that is possible; what begins later fails. Any thread.
  virtual void stop() {}
};

}  // namespace holdfast::index
