#include "src/generator/pace.hpp"

#include <algorithm>

namespace holdfast::generator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstFailure{500};
constexpr milliseconds kFirstUnrest{1000};
constexpr milliseconds kLongest{300'000};
constexpr int kWritesOfAStory = 10;  ///< a restore from promise to end needs fewer in a row

milliseconds doubled(milliseconds first, int times) {
  return std::min(first * (1 << std::clamp(times, 0, 12)), kLongest);
}

}  // namespace

Pace::Time Pace::not_before(const core::PvcName& pvc, Time when) const {
  const auto state = states_.find(pvc);
  return state == states_.end() ? when : std::max(when, state->second.not_before);
}

void Pace::wrote(const core::PvcName& pvc, Time now) {
  State& state = states_[pvc];
  state.failures = 0;
  state.problem.clear();
  if (++state.writes > kWritesOfAStory) {
    state.not_before = now + doubled(kFirstUnrest, state.writes - kWritesOfAStory - 1);
  }
}

void Pace::failed(const core::PvcName& pvc, std::string problem, Time now) {
  State& state = states_[pvc];
  state.problem = std::move(problem);
  state.not_before = now + doubled(kFirstFailure, state.failures++);
}

std::string Pace::problem(const core::PvcName& pvc) const {
  const auto state = states_.find(pvc);
  return state == states_.end() ? std::string() : state->second.problem;
}

}  // namespace holdfast::generator
