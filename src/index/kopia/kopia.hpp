// The kopia program as a reader of one repository, wherever it is stored: connects read-only, lists all snapshots.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/base/child.hpp"
#include "holdfast/index/backends.hpp"
#include "src/index/proof/backend.hpp"

namespace holdfast::index {

/// How kopia is told where the repository is stored.
struct KopiaStorage {
  std::vector<std::string> arguments;    ///< after `repository connect`: never a secret
  std::vector<std::string> environment;  ///< `NAME=value`, on top of our own: where secrets are
  std::vector<std::string> secrets;      ///< never shown in a message
  std::string trust;                     ///< of a file that the arguments name: what was in it
};

struct KopiaOptions : KopiaBackendOptions {
  std::string place;                      ///< for people
  std::function<KopiaStorage()> storage;  ///< asked before each listing; throws where that cannot be told now
  Hasher hasher;                          ///< that the names in a Fingerprint are hashed with
};

/// A folder that no other process works in as long as this one lives.
struct CacheFolder {
  std::filesystem::path path;
  base::Descriptor lock;
};

/// Throws std::runtime_error where `after`, a look after a listing, shows another repository or format than `before`,
/// or that index blobs went away which no compaction stands for: then what was listed no longer stands at `place`.
void require_kept(const Fingerprint& before, const Fingerprint& after, std::string_view place);

/// Any thread; a second listing while one runs is a Failure.
class Kopia {
 public:
  /// Throws std::system_error (std::filesystem_error) when the cache folder cannot be made.
  explicit Kopia(KopiaOptions options);
  ~Kopia();

  /// `before` and the storage tell whether to connect again, and `before` what kopia must have read. Never throws.
  ListingResult list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                     const std::atomic<bool>& cancel);

 private:
  struct Run;
  /// What the configuration was made for.
  struct Connection {
    Hash128 format;
    std::optional<core::RepositoryId> repository;
    std::vector<std::string> arguments;
    std::string trust;
    bool operator==(const Connection&) const = default;
  };

  void connect(const Fingerprint& before, Run& run);
  std::shared_ptr<const core::Catalog> list_snapshots(Run& run);
  base::Child start(const std::vector<std::string>& arguments, const Run& run);
  [[noreturn]] void fail(const base::ChildResult& result, const Run& run) const;
  bool read_exactly(const Fingerprint& before) const;
  std::filesystem::path config() const { return folder_.path / "kopia.config"; }
  std::filesystem::path cache() const { return folder_.path / "cache"; }

  const KopiaOptions options_;
  const std::string program_;
  const CacheFolder folder_;
  const bool cache_dir_is_temporary_;
  base::ChildRunner runner_{"kopia"};
  std::mutex mutex_;  ///< held during a listing
  std::optional<Connection> connected_;
};

}  // namespace holdfast::index
