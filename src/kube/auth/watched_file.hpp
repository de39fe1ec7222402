// A setting's text, given inline or in a file that somebody replaces now and then (a rotated token or certificate).
// One thread at a time. Files are small and local: reading them is not worth a thread.
#pragma once

#include <chrono>
#include <string>

namespace holdfast::kube {

class WatchedFile {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{2};  ///< between two looks

  /// `field` names the setting in errors. With an empty `path` the text is `inlined`, for ever. Throws as look().
  WatchedFile(std::string field, std::string path, std::string inlined);

  /// Whether the text changed. Looks at the file at most every kInterval, unless the last look failed or `at_once`.
  /// Throws std::runtime_error naming field and file, never content; the text stays what it was.
  bool look(Clock::time_point now, bool at_once = false);

  const std::string& text() const { return text_; }
  bool is_file() const { return !path_.empty(); }

 private:
  std::string field_;
  std::string path_;
  std::string text_;
  std::string seen_;  ///< what stat(2) said before the text was read
  Clock::time_point next_look_{};
};

}  // namespace holdfast::kube
