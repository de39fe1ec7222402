#include "holdfast/kube/election.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::kube {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLongestLease = std::chrono::hours(1);
constexpr milliseconds kShortestRest{1};
constexpr int kRestsPerAttempt = 4;  ///< after a write that was refused

/// What makes one sight of a Lease differ from another. A renewal always changes it, even where the holder's time of
/// day stands still.
std::string sight_of(const std::optional<json::Lease>& lease) {
  if (!lease) return "absent";
  return fmt::format("{}\n{}\n{}", lease->resource_version, lease->holder, lease->renew_time);
}

milliseconds at_least_one(std::chrono::steady_clock::duration time) {
  return std::max(kShortestRest, std::chrono::ceil<milliseconds>(time));
}

}  // namespace

void Election::observe(const std::optional<json::Lease>& lease, Steady now) {
  if (lease) existed_ = true;
  holder_ = lease ? lease->holder : std::string();
  std::string sight = sight_of(lease);
  if (sight == sight_) return;
  sight_ = std::move(sight);
  seen_at_ = now;
}

Election::Step Election::seen(const std::optional<json::Lease>& lease, Steady now) {
  observe(lease, now);
  const bool was_ours = ours_.has_value();
  const bool paused = std::exchange(refused_, false);
  if (lease && lease->holder == options_.identity) {
    ours_ = lease;
  } else {
    ours_.reset();
    renewed_.reset();
  }
  const auto wait = ours_ ? until_renewal(now) : until_takeover(lease, was_ours, now);
  if (wait.count() > 0) return Rest{at_least_one(wait)};
  if (paused) return Rest{at_least_one(milliseconds(options_.attempt) / kRestsPerAttempt)};
  return Write{claimed(lease), !lease};
}

std::chrono::steady_clock::duration Election::until_renewal(Steady now) const {
  // Ours by name alone: a write of ours whose answer was lost, or one from before a restart.
  if (!renewed_) return {};
  return *renewed_ + options_.renew - now;
}

std::chrono::steady_clock::duration Election::until_takeover(const std::optional<json::Lease>& lease, bool was_ours,
                                                             Steady now) const {
  // Let go on purpose, by somebody who had stopped before that.
  if (lease && lease->holder.empty()) return {};
  // There never was one, or it was deleted under ourselves. Under another holder, that one may still write.
  if (!lease && (!existed_ || was_ours)) return {};
  const std::int64_t written = lease ? lease->duration_seconds : 0;
  // The holder may have been told to keep it longer than we would.
  const auto lasts = std::chrono::seconds(
      std::clamp<std::int64_t>(written, options_.lease.count(), std::max(options_.lease, kLongestLease).count()));
  const auto left = seen_at_ + lasts - now;
  return std::min<std::chrono::steady_clock::duration>(left, options_.attempt);
}

json::Lease Election::claimed(const std::optional<json::Lease>& lease) const {
  json::Lease next;
  if (lease) {
    next.resource_version = lease->resource_version;
    next.transitions = lease->transitions;
    if (lease->holder != options_.identity) ++next.transitions;
  }
  next.holder = options_.identity;
  next.duration_seconds = options_.lease.count();
  return next;
}

void Election::written(const json::Lease& lease, Steady began) {
  refused_ = false;
  observe(lease, began);
  if (lease.holder != options_.identity) {
    renewed_.reset();
    ours_.reset();
    return;
  }
  renewed_ = began;
  ours_ = lease;
}

void Election::refused() { refused_ = true; }

std::optional<Steady> Election::leads_until(Steady now) const {
  if (!renewed_ || *renewed_ + options_.fence <= now) return std::nullopt;
  return *renewed_ + options_.fence;
}

std::optional<json::Lease> Election::release() {
  renewed_.reset();
  auto lease = std::exchange(ours_, std::nullopt);
  if (!lease) return std::nullopt;
  lease->holder.clear();
  lease->renew_time.clear();
  lease->duration_seconds = 1;  // the API server wants more than 0
  return lease;
}

}  // namespace holdfast::kube
