#include "holdfast/webhook/standing_facts.hpp"

#include <utility>

namespace holdfast::webhook {

void StandingFacts::keep(Facts facts, Moment now) {
  core::PvcName name = facts.wanted.pvc;
  if (name.name.empty()) return;
  const std::lock_guard lock(mutex_);
  while (!order_.empty()) {
    const auto oldest = facts_.find(order_.front());
    if (oldest != facts_.end() && !is_over(oldest->second, now)) break;
    if (oldest != facts_.end()) facts_.erase(oldest);
    order_.pop_front();
  }
  if (order_.size() >= kMost) return;
  facts_.insert_or_assign(name, std::move(facts));
  order_.push_back(std::move(name));
}

std::optional<core::ClusterFacts> StandingFacts::take(const core::WantsRestore& wanted, About about, Moment now) {
  const std::lock_guard lock(mutex_);
  const auto found = facts_.find(wanted.pvc);
  if (found == facts_.end()) return std::nullopt;
  Facts facts = std::move(found->second);
  facts_.erase(found);
  const bool is_answer = facts.about == about || facts.about == About::Everything;
  if (!is_answer || is_over(facts, now) || facts.wanted != wanted) return std::nullopt;
  return std::move(facts.facts);
}

}  // namespace holdfast::webhook
