// The backend `kopia-fs`: a kopia repository on a mounted path, usually NFS.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/core/evidence.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::index {

struct KopiaFsOptions {
  std::string path;                          ///< index.path
  std::string password;                      ///< KOPIA_PASSWORD; used when there is no file
  std::string password_file;                 ///< index.passwordFile; read at each use
  std::string kopia_binary = "kopia";        ///< index.kopia: a path, or a name on PATH
  std::string cache_dir;                     ///< index.cacheDir; empty: a private folder under TMPDIR
  std::chrono::milliseconds timeout{8000};   ///< index.timeout: one look at the repository; a listing that needs more
                                             ///< than this gets twice as long the next time, up to five minutes
  bool allow_cached_mount = false;           ///< index.allowCachedMount
  std::optional<core::RepositoryId> pinned;  ///< index.repositoryId: no other repository is ever listed
  std::string mountinfo_path = "/proc/self/mountinfo";
};

/// Reads nothing of the repository yet: what is wrong with it shows in the evidence. Throws std::system_error when the
/// cache folder cannot be made. `log` and `metrics` outlive the index.
std::unique_ptr<Index> make_kopia_fs_index(const KopiaFsOptions& options, const ops::Logger& log,
                                           ops::Metrics& metrics);

/// The identity of the repository at `path`, read without kopia and without its password. Throws std::runtime_error
/// naming the path. Blocks for as long as the file system does.
core::RepositoryId repository_id(const std::string& path);

}  // namespace holdfast::index
