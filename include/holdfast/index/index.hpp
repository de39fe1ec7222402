// The backups that exist, and the proof that this is all of them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/core/evidence.hpp"

namespace holdfast::index {

using Deadline = std::chrono::steady_clock::time_point;

/// How the index stands, for health pages.
struct Status {
  bool loaded = false;   ///< a catalog is there
  bool current = false;  ///< the last proof said so
  std::string reason;    ///< why not, when not
  std::size_t snapshots = 0;
  std::size_t identities = 0;
  std::size_t blobs = 0;                   ///< index blobs of the repository at the last listing
  std::optional<core::Time> last_success;  ///< when the last listing that counts was finished
};

/// All methods may be called from any thread.
class Index {
 public:
  virtual ~Index() = default;

  /// Calls `done` exactly once, on a thread of the index (or at once), at the latest shortly after `deadline`.
  /// Current means: every backup that was finished before this call is in the catalog. `done` must not block.
  virtual void prove(Deadline deadline, std::function<void(core::Evidence)> done) = 0;
  /// The same for what was asked at `first` already and found no answer in time. It may then be Earlier: a listing that
  /// began after `first`, where the repository has gone on since.
  virtual void prove_again(std::chrono::steady_clock::time_point first, Deadline deadline,
                           std::function<void(core::Evidence)> done) {
    static_cast<void>(first);
    prove(deadline, std::move(done));
  }

  /// The newest evidence there is, without a look of its own: Current as long as the last look found the catalog to be,
  /// which is some seconds ago. For what only informs; nothing may be decided by it.
  virtual core::Evidence at_hand() const { return {}; }

  virtual Status status() const = 0;

  /// Answers who still waits, and from now on whoever asks, at once: Unknown. When it returns no callback is under way
  /// but those that other threads call by asking.
  virtual void stop() {}

  /// "kopia-fs", "kopia-s3", "catalog": the value of the setting.
  virtual std::string_view backend() const = 0;
};

/// prove(), waiting for the answer on this thread.
core::Evidence prove_now(Index& index, Deadline deadline);

}  // namespace holdfast::index
