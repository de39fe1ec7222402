#include "src/net/client/callback_guard.hpp"

#include <algorithm>

namespace holdfast::net {

bool CallbackGuard::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  inside_.push_back(std::this_thread::get_id());
  return true;
}

void CallbackGuard::leave() {
  const std::lock_guard lock(mutex_);
  inside_.erase(std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()));
  left_.notify_all();
}

void CallbackGuard::close() {
  const auto self = std::this_thread::get_id();
  std::unique_lock lock(mutex_);
  closed_ = true;
  left_.wait(lock, [&] { return std::all_of(inside_.begin(), inside_.end(), [&](auto id) { return id == self; }); });
}

}  // namespace holdfast::net
