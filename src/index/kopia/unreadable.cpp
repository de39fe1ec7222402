#include "src/index/kopia/unreadable.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast/base/file.hpp"
#include "src/index/kopia/walk.hpp"

namespace holdfast::index {

namespace {

constexpr int kFile = O_RDONLY | O_NONBLOCK | O_CLOEXEC;  // O_NONBLOCK: opening a FIFO must not hang
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kPermissions = 07777;
constexpr std::string_view kPackPrefixes = "q";

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

bool is_denied(int error) { return error == EACCES || error == EPERM; }

bool is_folder(int folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  struct stat stat {};
  return fstatat(folder, entry.d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode);
}

class Search {
 public:
  Search(const std::string& root, const Access& access, const std::atomic<bool>& cancel, const SearchLimits& limits)
      : root_(root),
        access_(access),
        cancel_(cancel),
        limits_(limits),
        end_(std::chrono::steady_clock::now() + limits.time) {}

  std::optional<Unreadable> run() {
    root_fd_ = base::Descriptor(access_.open(AT_FDCWD, root_.c_str(), kFolder));
    if (!root_fd_) {
      if (is_denied(errno)) blame_root();
      return found_;
    }
    for (const char* name : {"kopia.repository.f", "kopia.blobcfg.f"}) open_file(name);
    walk(kIndexPrefixes);
    is_index_ = false;
    walk(kPackPrefixes);
    return found_;
  }

 private:
  bool is_over() { return found_ || cancel_ || opened_ >= limits_.opened || std::chrono::steady_clock::now() >= end_; }

  void walk(std::string_view prefixes) {
    std::vector<std::string> pending{""};
    while (!pending.empty() && !is_over()) {
      const std::string folder = std::move(pending.back());
      pending.pop_back();
      read(folder, prefixes, pending);
    }
  }

  /// `path` is "" for the root, or ends with a slash.
  void read(const std::string& path, std::string_view prefixes, std::vector<std::string>& pending) {
    const OpenFolder folder(fdopendir(open(path.empty() ? "." : path, kFolder | O_NOFOLLOW)));
    while (folder && !is_over()) {
      const dirent* entry = readdir(folder.get());
      if (!entry) return;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (path.empty() && prefixes.find(name.front()) == prefixes.npos) continue;
      if (is_folder(dirfd(folder.get()), *entry)) {
        pending.push_back(fmt::format("{}{}/", path, name));
      } else if (name.ends_with(kBlobSuffix)) {
        open_file(path + entry->d_name);
      }
    }
  }

  void open_file(const std::string& path) { base::Descriptor(open(path, kFile)); }

  /// -1: cannot be opened, for whatever reason.
  int open(std::string path, int flags) {
    if (is_over()) return -1;
    ++opened_;
    // With a slash at its end O_NOFOLLOW would follow a link.
    if (path.ends_with('/')) path.pop_back();
    const int fd = access_.open(root_fd_.get(), path.c_str(), flags);
    if (fd < 0 && is_denied(errno)) blame(std::move(path));
    return fd;
  }

  /// What cannot even be looked at lies in a folder that may not be searched.
  void blame(std::string path) {
    struct stat stat {};
    while (path != "." && fstatat(root_fd_.get(), path.c_str(), &stat, 0) != 0) {
      if (!is_denied(errno)) return;  // gone since
      const std::size_t slash = path.rfind('/');
      path = slash == path.npos ? "." : path.substr(0, slash);
    }
    if (path == ".") return blame_root();
    explain(path, stat);
  }

  void blame_root() {
    struct stat stat {};
    if (::stat(root_.c_str(), &stat) == 0) explain(root_, stat);
  }

  void explain(const std::string& path, const struct stat& stat) {
    std::string reason =
        fmt::format("cannot read \"{}\": it belongs to user {} with mode {:04o}, and holdfast runs as user {}", path,
                    stat.st_uid, stat.st_mode & kPermissions, access_.user);
    found_ = Unreadable{std::move(reason), is_index_};
  }

  const std::string& root_;
  const Access& access_;
  const std::atomic<bool>& cancel_;
  const SearchLimits limits_;
  const std::chrono::steady_clock::time_point end_;
  base::Descriptor root_fd_;
  std::size_t opened_ = 0;
  bool is_index_ = true;  ///< what is being opened
  std::optional<Unreadable> found_;
};

}  // namespace

Access Access::ours() {
  return {[](int folder, const char* path, int flags) { return openat(folder, path, flags); }, geteuid()};
}

std::optional<Unreadable> find_unreadable(const std::string& root, const Access& access,
                                          const std::atomic<bool>& cancel, const SearchLimits& limits) {
  return Search(root, access, cancel, limits).run();
}

}  // namespace holdfast::index
