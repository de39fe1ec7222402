#include "src/index/kopia/kopia_fs.hpp"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "holdfast/base/file.hpp"
#include "src/index/kopia/format.hpp"
#include "src/index/kopia/mountinfo.hpp"
#include "src/index/kopia/unreadable.hpp"
#include "src/index/kopia/walk.hpp"
#include "src/index/proof/prover.hpp"

namespace holdfast::index {

namespace {

bool is_on_local_file_system(const std::string& path) {
  struct statfs status {};
  return statfs(path.c_str(), &status) == 0 && is_local(status.f_type);
}

}  // namespace

KopiaFs::KopiaFs(const KopiaFsOptions& options)
    : path_(options.path),
      mountinfo_path_(options.mountinfo_path),
      mounts_(options.mountinfo_path),
      allow_cached_mount_(options.allow_cached_mount),
      hasher_(Hasher::seeded_randomly()),
      kopia_({options, options.path,
              [arguments = std::vector<std::string>{"filesystem", "--path=" + options.path}] {
                return KopiaStorage{arguments, {}, {}, {}};
              },
              hasher_}) {}

Fingerprint KopiaFs::look() const {
  const RepositoryFormat format = read_format(path_, hasher_);
  if (!allow_cached_mount_) require_uncached_mount();
  auto names = std::make_shared<const Names>(walk_names(path_, hasher_));
  require_index(names->count, path_);
  return {names->sum, names->count, format.hash, format.id, names};
}

ProbeResult KopiaFs::probe() {
  try {
    return look();
  } catch (const std::system_error& error) {
    const bool denied = error.code() == std::errc::permission_denied;
    return denied ? explain(Failure{error.what()}, std::atomic(false)) : Failure{error.what()};
  } catch (const std::exception& error) {
    return Failure{error.what()};
  }
}

/// What may not be read comes before what kopia made of it: slowness, or a text that is cut before it says why. More
/// time does not help then, unless kopia can do without.
Failure KopiaFs::explain(Failure failure, const std::atomic<bool>& cancel) const {
  auto unreadable = find_unreadable(path_, Access::ours(), cancel);
  if (!unreadable) return failure;
  return {std::move(unreadable->reason), failure.timed_out && !unreadable->is_index};
}

void KopiaFs::require_uncached_mount() const {
  const std::string path = std::filesystem::canonical(path_);
  const auto mount = mounts_.find(path);
  if (!mount && is_on_local_file_system(path)) return;
  if (!mount) throw std::runtime_error(fmt::format("{}: not in {}", path, mountinfo_path_));
  if (!caches_attributes(*mount)) return;
  if (!mount->type.starts_with("nfs")) {
    throw std::runtime_error(fmt::format(
        "{} lies on a {} mount ({}), which may hide new backups for a while; use a local file system or NFS "
        "with actimeo=0, or set index.allowCachedMount",
        path_, mount->type, mount->point));
  }
  throw std::runtime_error(
      fmt::format("{} lies on an NFS mount ({}) that may hide new backups for a minute; mount it with the option "
                  "actimeo=0 (a PersistentVolume's mountOptions), or set index.allowCachedMount",
                  path_, mount->point));
}

ListingResult KopiaFs::list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                            const std::atomic<bool>& cancel) {
  ListingResult result = kopia_.list(before, deadline, cancel);
  if (const auto* failure = std::get_if<Failure>(&result)) return explain(*failure, cancel);
  try {
    require_kept(before, look(), path_);
    return result;
  } catch (const std::exception& error) {
    return Failure{error.what()};
  }
}

std::unique_ptr<Index> make_kopia_fs_index(const KopiaFsOptions& options, const ops::Logger& log,
                                           ops::Metrics& metrics) {
  return make_prover(std::make_shared<KopiaFs>(options), options.timeout, options.pinned, log, metrics);
}

core::RepositoryId repository_id(const std::string& path) { return read_format(path, Hasher(0)).id; }

}  // namespace holdfast::index
