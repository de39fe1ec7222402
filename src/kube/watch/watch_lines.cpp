#include "src/kube/watch/watch_lines.hpp"

#include <utility>

namespace holdfast::kube {

bool WatchLines::feed(std::string_view bytes, const std::function<bool(std::string_view line)>& line) {
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
