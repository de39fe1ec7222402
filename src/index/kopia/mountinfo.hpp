// Whether a mount shows what its server has now: an NFS client with attribute caching may hide new files for a minute.
// Source of the format: proc(5), /proc/[pid]/mountinfo; of the options: nfs(5).
#pragma once

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

/// Whether what is read there may be old. Pure.
bool caches_attributes(const Mount& mount);

/// Whether `magic` (statfs(2), f_type) is that of a file system of this machine, which cannot be old. Inside a chroot
/// mountinfo may not name the root's mount; this much is known even there. Pure.
bool is_local(long magic);

}  // namespace holdfast::index
