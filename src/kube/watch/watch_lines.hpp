// A stream of bytes cut into lines.
// One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::kube {

class WatchLines {
 public:
  explicit WatchLines(std::size_t longest = 8 * 1024 * 1024) : longest_(longest) {}

  /// Calls `line` for each line that these bytes complete, without its end; empty ones are skipped. It returns whether
  /// it wants more. False: a line is longer than allowed, and nothing more will come.
  bool feed(std::string_view bytes, const std::function<bool(std::string_view line)>& line);

 private:
  std::size_t longest_;
  std::string begun_;  ///< the part of a line that has come
};

inline bool WatchLines::feed(std::string_view bytes, const std::function<bool(std::string_view line)>& line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (begun_.size() + part.size() > longest_) return false;
    if (end == std::string_view::npos) {
      begun_ += part;
      return true;
    }
    bytes.remove_prefix(end + 1);
    // Most lines come whole: those are not copied. The memory of a long one is not kept.
    const std::string joined = begun_.empty() ? std::string() : std::exchange(begun_, {}).append(part);
    const std::string_view whole = joined.empty() ? part : std::string_view(joined);
    if (!whole.empty() && !line(whole)) return true;
  }
  return true;
}

}  // namespace holdfast::kube
