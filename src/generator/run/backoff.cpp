#include "src/generator/run/backoff.hpp"

#include <algorithm>

namespace holdfast::generator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstUnrest{1000};
constexpr milliseconds kLongest{300'000};
constexpr milliseconds kQuiet{60'000};
constexpr int kWritesOfAStory = 10;  ///< a restore from promise to end needs fewer
constexpr std::size_t kMany = 1024;

milliseconds doubled(milliseconds first, int times) {
  return std::min(first * (1 << std::clamp(times, 0, 12)), kLongest);
}

}  // namespace

Backoff::Time Backoff::not_before(const core::PvcName& pvc, Time when) const {
  const auto state = states_.find(pvc);
  return state == states_.end() ? when : std::max(when, state->second.not_before);
}

bool Backoff::wrote(const core::PvcName& pvc, Time now) {
  if (states_.size() >= kMany) forget_the_quiet(now);
  State& state = states_[pvc];
  if (now >= state.quiet_from) state.writes = 0;
  state.failures = 0;
  state.problem.clear();
  const int too_many = ++state.writes - kWritesOfAStory;
  const milliseconds pause = too_many > 0 ? doubled(kFirstUnrest, too_many - 1) : milliseconds{0};
  state.not_before = now + pause;
  state.quiet_from = now + kQuiet + 2 * pause;
  return too_many == 1;
}

void Backoff::rested(const core::PvcName& pvc, Time now) {
  const auto found = states_.find(pvc);
  if (found == states_.end()) return;
  if (now >= found->second.quiet_from) {
    states_.erase(found);
    return;
  }
  found->second.failures = 0;
  found->second.problem.clear();
}

void Backoff::failed(const core::PvcName& pvc, std::string problem, Time now) {
  State& state = states_[pvc];
  state.problem = std::move(problem);
  state.not_before = now + doubled(first_failure_, state.failures++);
}

bool Backoff::is_restless(const core::PvcName& pvc, Time now) const {
  const auto state = states_.find(pvc);
  return state != states_.end() && state->second.writes > kWritesOfAStory && now < state->second.quiet_from;
}

std::string Backoff::problem(const core::PvcName& pvc) const {
  const auto state = states_.find(pvc);
  return state == states_.end() ? std::string() : state->second.problem;
}

/// PVCs that are gone are not looked at again.
void Backoff::forget_the_quiet(Time now) {
  std::erase_if(states_,
                [now](const auto& entry) { return entry.second.failures == 0 && now >= entry.second.quiet_from; });
}

}  // namespace holdfast::generator
