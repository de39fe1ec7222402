// Ways back to a loop: for somebody who may be gone by the time of an answer, and from other threads to a loop that
// may. Belongs to the thread of the loop, Return excepted.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "holdfast/net/server.hpp"

namespace holdfast::generator {

/// A member of whoever waits for answers.
class Alive {
 public:
  /// What is called back: it does nothing where the owner is gone by then.
  template <class F>
  auto guard(F f) const {
    return [alive = std::weak_ptr<const bool>(alive_), f = std::move(f)](auto&&... answer) mutable {
      if (alive.lock()) f(std::forward<decltype(answer)>(answer)...);
    };
  }

 private:
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

class Later {
 public:
  explicit Later(net::Loop& loop) : loop_(loop) {}

  /// Runs `f` after `delay`, unless this object is gone by then.
  void run(std::chrono::milliseconds delay, std::function<void()> f) { loop_.post(alive_.guard(std::move(f)), delay); }

 private:
  net::Loop& loop_;
  const Alive alive_;
};

/// The way from other threads to a loop that may be gone by then.
class Return {
 public:
  explicit Return(net::Loop& loop) : loop_(&loop) {}
  /// Runs `f` on the loop, or drops it.
  void post(std::function<void()> f) {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) loop_->post(std::move(f));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  net::Loop* loop_;
};

}  // namespace holdfast::generator
