// A stream of bytes cut into lines.
// One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

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

}  // namespace holdfast::kube
