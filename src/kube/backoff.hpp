// How long to wait before the next attempt: `least`, doubled to 30 s, each time a little different, so that many
// clients of one server do not come at once.
// One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace holdfast::kube {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds kMost{30'000};

  Backoff(std::uint32_t seed, std::chrono::milliseconds least) : least_(least), random_(seed) {}

  std::chrono::milliseconds next() {
    const auto base = std::min(kMost, least_ * (1 << std::min(attempts_, 5)));
    ++attempts_;
    return std::clamp(around(base), least_, kMost);
  }
  void reset() { attempts_ = 0; }

  /// Within a quarter of `time`.
  std::chrono::milliseconds around(std::chrono::milliseconds time) {
    return std::chrono::milliseconds(
        std::uniform_int_distribution(time.count() * 3 / 4, time.count() * 5 / 4)(random_));
  }

 private:
  const std::chrono::milliseconds least_;
  std::mt19937 random_;
  int attempts_ = 0;
};

}  // namespace holdfast::kube
