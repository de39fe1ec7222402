// Whether a mount shows what its server has now: an NFS client with attribute caching may hide new files for a minute.
// Source of the format: proc(5), /proc/[pid]/mountinfo; of the options: nfs(5).
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::index {

struct Mount {
  std::string point;
  std::string type;     ///< "nfs4"
  std::string options;  ///< of the file system: "rw,vers=4.2,acregmin=0,…"
};

/// The mount that `path` lies on: absolute, without links. nullopt: the text names none. Pure.
std::optional<Mount> find_mount(std::string_view mountinfo, std::string_view path);

/// The mounts of this process. Any thread. /proc/self/mountinfo is read again only when the kernel says that it has
/// changed, by poll(2): proc(5).
class MountTable {
 public:
  explicit MountTable(std::string mountinfo_path) : mountinfo_path_(std::move(mountinfo_path)) {}
  ~MountTable();
  MountTable(const MountTable&) = delete;
  MountTable& operator=(const MountTable&) = delete;

  /// As find_mount(). Throws std::system_error where the mounts cannot be read.
  std::optional<Mount> find(const std::string& path);

 private:
  bool may_have_changed();

  const std::string mountinfo_path_;
  std::mutex mutex_;
  int watched_ = -1;  ///< the file, where it tells of changes
  std::optional<std::string> asked_;
  std::optional<Mount> found_;
};

/// Whether what is read there may be old. Pure.
bool caches_attributes(const Mount& mount);

/// Whether `magic` (statfs(2), f_type) is that of a file system of this machine, which cannot be old. Inside a chroot
/// mountinfo may not name the root's mount; this much is known even there. Pure.
bool is_local(long magic);

}  // namespace holdfast::index
