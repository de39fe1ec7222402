#include "src/generator/run/dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::generator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kPerTurn = 64;  ///< PVCs planned before others have their say on this thread

}  // namespace

void Queue::add(const core::PvcName& pvc, Time when) {
  const auto [entry, is_new] = due_.try_emplace(pvc, when);
  if (!is_new) {
    if (entry->second <= when) return;
    order_.erase({entry->second, pvc});
    entry->second = when;
  }
  if (!under_way_.contains(pvc)) order_.insert({when, pvc});
}

std::optional<core::PvcName> Queue::take(Time now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  core::PvcName pvc = order_.begin()->second;
  order_.erase(order_.begin());
  due_.erase(pvc);
  under_way_.insert(pvc);
  return pvc;
}

void Queue::done(const core::PvcName& pvc) {
  under_way_.erase(pvc);
  const auto again = due_.find(pvc);
  if (again != due_.end()) order_.insert({again->second, pvc});
}

std::optional<Queue::Time> Queue::next() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

std::size_t Queue::depth(Time now) const {
  std::size_t depth = under_way_.size();
  for (const auto& [when, pvc] : order_) {
    if (when > now) break;
    ++depth;
  }
  return depth;
}

Dispatcher::Dispatcher(net::Loop& loop, const Backoff& backoff, std::function<std::optional<Steady>()> leads_until,
                       std::function<std::size_t()> at_once, Work work)
    : backoff_(backoff),
      leads_until_(std::move(leads_until)),
      at_once_(std::move(at_once)),
      work_(std::move(work)),
      later_(loop) {}

void Dispatcher::look_at(const core::PvcName& pvc, Steady when) {
  queue_.add(pvc, backoff_.not_before(pvc, when));
  if (std::exchange(pump_posted_, true)) return;
  later_.run({}, [this] {
    pump_posted_ = false;
    pump();
  });
}

void Dispatcher::done(const core::PvcName& pvc) {
  queue_.done(pvc);
  stop_if_idle();
}

void Dispatcher::stop(std::function<void()> idle) {
  stopped_ = std::move(idle);
  stop_if_idle();
}

void Dispatcher::stop_if_idle() {
  if (stopped_ && queue_.under_way() == 0) std::exchange(stopped_, [] {})();
}

void Dispatcher::pump() {
  if (stopped_) return;
  const auto until = leads_until_();
  if (!until || *until - steady_clock::now() < kLeastRight) return;  // leading again, or a later call, pumps again
  const std::size_t most = at_once_();
  for (int i = 0; i < kPerTurn && queue_.under_way() < most; ++i) {
    const auto pvc = queue_.take(steady_clock::now());
    if (!pvc) break;
    work_(*pvc, *until);
  }
  const auto next = queue_.next();
  if (next && queue_.under_way() < most) wake(*next);
}

void Dispatcher::wake(Steady when) {
  const auto now = steady_clock::now();
  if (wake_at_ && *wake_at_ > now && *wake_at_ <= when) return;
  wake_at_ = when;
  later_.run(std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(when - now)), [this] {
    if (wake_at_ && *wake_at_ > steady_clock::now()) return;
    wake_at_.reset();
    pump();
  });
}

}  // namespace holdfast::generator
