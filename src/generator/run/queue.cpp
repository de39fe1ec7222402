#include "src/generator/run/queue.hpp"

namespace holdfast::generator {

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

}  // namespace holdfast::generator
