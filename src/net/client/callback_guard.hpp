// What all callbacks of one client go through, so that its destructor can end them. Any thread.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast::net {

class CallbackGuard {
 public:
  /// Runs `f` unless the guard is closed. False: it was.
  template <class F>
  bool pass(F&& f) {
    if (!enter()) return false;
    const Leave leave{*this};
    std::forward<F>(f)();
    return true;
  }

  /// Nothing passes any more. Waits for what other threads have inside; this thread may be inside itself.
  void close() {
    const auto self = std::this_thread::get_id();
    std::unique_lock lock(mutex_);
    closed_ = true;
    left_.wait(lock, [&] { return std::all_of(inside_.begin(), inside_.end(), [&](auto id) { return id == self; }); });
  }

 private:
  struct Leave {
    CallbackGuard& guard;
    ~Leave() { guard.leave(); }
  };
  bool enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    inside_.push_back(std::this_thread::get_id());
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    inside_.erase(std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()));
    left_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  std::vector<std::thread::id> inside_;
  bool closed_ = false;
};

}  // namespace holdfast::net
