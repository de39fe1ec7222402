// Why a listing of a repository in a folder failed, where that is a matter of permissions: kopia tries a file that it
// may not read again and again, so that its listing ends for lack of time and not with a reason.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace holdfast::index {

/// How files are opened, and as whom.
struct Access {
  std::function<int(int folder, const char* path, int flags)> open;  ///< as openat(2)
  uid_t user;

  static Access ours();
};

/// Together well below the time by which a listing may be late.
struct SearchLimits {
  std::size_t opened = 20'000;  ///< files and folders
  std::chrono::milliseconds time{1000};
};

struct Unreadable {
  std::string reason;  ///< names the file or folder, its owner and mode, and our user
  bool is_index;       ///< or a blob of the format; false: of the blobs of its kind a listing reads some
};

/// Opens what a listing reads: the format's blobs, the index blobs, and then the packs among which are those of the
/// list of snapshots (q…). The first that may not be opened, or the folder that keeps us from it; nullopt: there is
/// none, or none within the limits. Blocks for as long as one call of the file system does.
std::optional<Unreadable> find_unreadable(const std::string& root, const Access& access,
                                          const std::atomic<bool>& cancel, const SearchLimits& limits = {});

}  // namespace holdfast::index
