// Keeps what happens as often as others like from filling the log: a line at once, then one per interval with a count.
// Not safe for threads; the time is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace holdfast::ops {

class LineBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LineBudget(std::chrono::milliseconds interval) : interval_(interval) {}

  /// It happened again. A number: write a line now, for so many that no line has told yet, this one among them.
  std::optional<std::uint64_t> happened(Time now) {
    ++untold_;
    if (now < next_) return std::nullopt;
    next_ = now + interval_;
    return std::exchange(untold_, 0);
  }

 private:
  const std::chrono::milliseconds interval_;
  Time next_ = Time::min();
  std::uint64_t untold_ = 0;
};

}  // namespace holdfast::ops
