// The wall clock, for what people read and for what is compared with a repository's own times. Deadlines use
// std::chrono::steady_clock.
#pragma once

#include <chrono>

#include "holdfast/core/time.hpp"

namespace holdfast::base {

/// Any thread.
inline core::Time utc_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

/// For logs and metrics, which count in seconds.
inline double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace holdfast::base
