#include "src/kube/auth/watched_file.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "holdfast/base/file.hpp"

namespace holdfast::kube {

namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;

}  // namespace

WatchedFile::WatchedFile(std::string field, std::string path, std::string inlined)
    : field_(std::move(field)), path_(std::move(path)), text_(std::move(inlined)) {
  look(Clock::now(), true);
}

bool WatchedFile::look(Clock::time_point now, bool at_once) try {
  if (path_.empty() || (now < next_look_ && !at_once)) return false;
  next_look_ = {};
  // Before the text: what changes in between is seen at the next look.
  std::string seen = base::file_state(path_);
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
