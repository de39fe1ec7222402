// Work for later on a loop, by somebody who may be gone by then.
// Belongs to the thread of the loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "holdfast/net/server.hpp"

namespace holdfast::generator {

class Later {
 public:
  explicit Later(net::Loop& loop) : loop_(loop) {}

  /// Runs `f` after `delay`, unless this object is gone by then.
  void run(std::chrono::milliseconds delay, std::function<void()> f) {
    const std::weak_ptr<bool> alive = alive_;
    loop_.post(
        [alive, f = std::move(f)] {
          if (alive.lock()) f();
        },
        delay);
  }

 private:
  net::Loop& loop_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::generator
