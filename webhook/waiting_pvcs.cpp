#include "holdfast/webhook/waiting_pvcs.hpp"

#include <algorithm>

namespace holdfast::webhook {

bool WaitingPvcs::is_over(const Tries& tries, Moment now) { return now - tries.last > kPatience; }

WaitingPvcs::Moment WaitingPvcs::first_try(const core::PvcName& pvc, Moment now) {
  const std::lock_guard lock(mutex_);
  const auto found = tries_.find(pvc);
  return found == tries_.end() || is_over(found->second, now) ? Moment::max() : found->second.first;
}

void WaitingPvcs::tried(const core::PvcName& pvc, Moment asked, bool goes_on, Moment now) {
  const std::lock_guard lock(mutex_);
  if (!goes_on || pvc.name.empty()) {
    tries_.erase(pvc);
    return;
  }
  if (tries_.size() >= kMost) std::erase_if(tries_, [&](const auto& each) { return is_over(each.second, now); });
  const auto found = tries_.find(pvc);
  if (found == tries_.end()) {
    if (tries_.size() < kMost) tries_[pvc] = {asked, now};
    return;
  }
  Tries& tries = found->second;
  tries = {is_over(tries, now) ? asked : std::min(tries.first, asked), now};
}

}  // namespace holdfast::webhook
