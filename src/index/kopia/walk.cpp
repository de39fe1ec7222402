#include "src/index/kopia/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "holdfast/base/file.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

bool may_be_index(std::string_view name) {
  return !name.empty() && kIndexPrefixes.find(name.front()) != std::string_view::npos;
}

struct Folder {
  std::string path;  ///< below the root; "." is the root itself
  std::string name;  ///< what it adds to the names of its blobs
  std::size_t depth = 0;
};

class Walk {
 public:
  Walk(const std::string& root, const Hasher& hasher, const WalkLimits& limits)
      : root_(root),
        hasher_(hasher),
        limits_(limits),
        root_fd_(base::open_file(root.c_str(), O_RDONLY | O_DIRECTORY)),
        buffer_(kBufferBytes) {}

  Names run() {
    pending_.push_back({".", "", 0});
    while (!pending_.empty()) {
      const Folder folder = std::move(pending_.back());
      pending_.pop_back();
      read(folder);
    }
    return std::move(names_);
  }

 private:
  void read(const Folder& folder) {
    const base::Descriptor fd(
        openat(root_fd_.get(), folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return vanished_or_fail(folder);
    while (true) {
      const ssize_t got = getdents64(fd.get(), buffer_.data(), buffer_.size());
      if (got == 0) return;
      if (got < 0) return vanished_or_fail(folder);
      for (ssize_t at = 0; at < got;) {
        const auto* entry = reinterpret_cast<const dirent64*>(buffer_.data() + at);
        at += entry->d_reclen;
        take(folder, fd.get(), *entry);
      }
    }
  }

  /// A folder that went away while we walked held nothing when it went; the root stays.
  void vanished_or_fail(const Folder& folder) const {
    if (errno == ENOENT && folder.depth > 0) return;
    throw std::system_error(errno, std::generic_category(), fmt::format("{}/{}", root_, folder.path));
  }

  void take(const Folder& folder, int fd, const dirent64& entry) {
    const std::string_view name = entry.d_name;
    if (name == "." || name == "..") return;
    if (++entries_ > limits_.entries) throw too_many(limits_.entries, "entries");
    blob_.assign(folder.name).append(name);
    if (!may_be_index(blob_)) return;
    if (is_folder(fd, entry)) return enter(folder, name);
    if (!blob_.ends_with(kBlobSuffix)) return;
    if (names_.count == limits_.names) throw too_many(limits_.names, "index blobs");
    names_.add(std::string_view(blob_).substr(0, blob_.size() - kBlobSuffix.size()), hasher_);
  }

  void enter(const Folder& folder, std::string_view name) {
    if (folder.depth == limits_.depth) {
      throw std::runtime_error(fmt::format("{}: folders more than {} deep", root_, limits_.depth));
    }
    pending_.push_back({fmt::format("{}/{}", folder.path, name), blob_, folder.depth + 1});
  }

  static bool is_folder(int fd, const dirent64& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat stat {};
    if (fstatat(fd, entry.d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0) return S_ISDIR(stat.st_mode);
    if (errno == ENOENT) return false;  // gone since it was listed
    throw std::system_error(errno, std::generic_category(), entry.d_name);
  }

  std::runtime_error too_many(std::size_t limit, std::string_view what) const {
    return std::runtime_error(fmt::format("{}: more than {} {}", root_, limit, what));
  }

  const std::string& root_;
  const Hasher hasher_;
  const WalkLimits limits_;
  const base::Descriptor root_fd_;
  std::vector<char> buffer_;
  std::vector<Folder> pending_;
  std::string blob_;  ///< the name in hand; a member so that its memory is used again
  std::size_t entries_ = 0;
  Names names_;
};

}  // namespace

Names walk_names(const std::string& root, const Hasher& hasher, const WalkLimits& limits) {
  return Walk(root, hasher, limits).run();
}

}  // namespace holdfast::index
