#include "src/kube/watched_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "holdfast/base/file.hpp"

namespace holdfast::kube {

namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;

/// Differs when the file was written or replaced.
std::string state_of(const std::string& path) {
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) throw std::system_error(errno, std::generic_category(), path);
  return fmt::format("{} {} {} {}.{} {}.{}", state.st_dev, state.st_ino, state.st_size, state.st_mtim.tv_sec,
                     state.st_mtim.tv_nsec, state.st_ctim.tv_sec, state.st_ctim.tv_nsec);
}

}  // namespace

WatchedFile::WatchedFile(std::string field, std::string path, std::string inlined)
    : field_(std::move(field)), path_(std::move(path)), text_(std::move(inlined)) {
  look(Clock::now(), true);
}

bool WatchedFile::look(Clock::time_point now, bool at_once) try {
  if (path_.empty() || (now < next_look_ && !at_once)) return false;
  next_look_ = {};
  // Before the text: what changes in between is seen at the next look.
  std::string seen = state_of(path_);
  const bool same = seen == seen_;
  if (!same || at_once) {
    std::string text = base::read_file(path_, kMostBytes);
    std::swap(text, text_);
    seen_ = std::move(seen);
    next_look_ = now + kInterval;
    return text != text_;
  }
  next_look_ = now + kInterval;
  return false;
} catch (const std::exception& error) {
  throw std::runtime_error(fmt::format("{}: {}", field_, error.what()));
}

}  // namespace holdfast::kube
