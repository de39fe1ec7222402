#include "src/index/kopia/mountinfo.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "holdfast/base/file.hpp"
#include "holdfast/base/text.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostMountinfoBytes = 16 * 1024 * 1024;

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// The kernel writes blanks and backslashes as \ooo.
std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view code = text.substr(i, 4);
    if (code.size() == 4 && code[0] == '\\' && std::all_of(code.begin() + 1, code.end(), is_octal)) {
      result += static_cast<char>(((code[1] - '0') << 6) | ((code[2] - '0') << 3) | (code[3] - '0'));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// id parent major:minor root point options [tags…] - type source options
std::optional<Mount> parse_line(std::string_view line) {
  const auto fields = base::split(line, ' ');
  const auto dash = std::ranges::find(fields, "-");
  if (dash - fields.begin() < 6 || fields.end() - dash < 4) return std::nullopt;
  return Mount{unescape(fields[4]), std::string(dash[1]), std::string(dash[3])};
}

bool lies_on(std::string_view path, std::string_view point) {
  if (point == "/") return path.starts_with('/');
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

}  // namespace

std::optional<Mount> find_mount(std::string_view mountinfo, std::string_view path) {
  std::optional<Mount> best;
  for (const std::string_view line : base::split(mountinfo, '\n')) {
    auto mount = parse_line(line);
    if (!mount || !lies_on(path, mount->point)) continue;
    // The same point again is mounted over the one before.
    if (!best || mount->point.size() >= best->point.size()) best = std::move(mount);
  }
  return best;
}

MountTable::~MountTable() {
  if (watched_ >= 0) ::close(watched_);
}

std::optional<Mount> MountTable::find(const std::string& path) {
  const std::lock_guard lock(mutex_);
  // What changes from here on is told by the next look.
  if (may_have_changed() || asked_ != path) {
    asked_.reset();
    found_ = find_mount(base::read_file(mountinfo_path_, kMostMountinfoBytes), path);
    asked_ = path;
  }
  return found_;
}

/// A file of another file system says nothing.
bool MountTable::may_have_changed() {
  if (watched_ >= 0) {
    pollfd state{watched_, POLLPRI, 0};
    return ::poll(&state, 1, 0) != 0;
  }
  const int file = ::open(mountinfo_path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct statfs kind {};
  const bool tells = file >= 0 && ::fstatfs(file, &kind) == 0 && kind.f_type == PROC_SUPER_MAGIC;
  if (tells)
    watched_ = file;
  else if (file >= 0)
    ::close(file);
  return true;
}

bool caches_attributes(const Mount& mount) {
  static constexpr std::array<std::string_view, 17> kCoherent = {
      "ext2", "ext3",  "ext4",  "xfs",   "btrfs", "zfs",     "f2fs",    "bcachefs", "jfs",
      "vfat", "exfat", "ntfs3", "tmpfs", "ramfs", "overlay", "fuseblk", "ceph"};
  if (std::ranges::find(kCoherent, mount.type) != kCoherent.end()) return false;
  if (mount.type != "nfs" && mount.type != "nfs4") return true;
  const auto options = base::split(mount.options, ',');
  const auto has = [&](std::string_view option) { return std::ranges::find(options, option) != options.end(); };
  static constexpr std::array<std::string_view, 4> kAllZero = {"acregmin=0", "acregmax=0", "acdirmin=0", "acdirmax=0"};
  return !has("noac") && !has("actimeo=0") && !std::all_of(kAllZero.begin(), kAllZero.end(), has);
}

bool is_local(long magic) {
  constexpr long kXfs = 0x58465342, kZfs = 0x2fc12fc1;  // not in linux/magic.h
  static constexpr std::array<long, 7> kLocal = {
      EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC, TMPFS_MAGIC, F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, kXfs, kZfs};
  return std::ranges::find(kLocal, magic) != kLocal.end();
}

}  // namespace holdfast::index
