// Where a handler's answer waits for its session.
// One per session, used for one exchange after the other; all methods may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "holdfast/net/http.hpp"

namespace holdfast::net {

class ResponseSlot {
 public:
  /// `notify` is called, under the lock, when an answer has arrived; it must not call back.
  explicit ResponseSlot(std::function<void()> notify) : notify_(std::move(notify)) {}

  /// Begins the next exchange: answers to earlier ones are dropped from now on. The result delivers the first Response
  /// it is called with, or a 500 when the last copy of it is gone.
  static Respond open(const std::shared_ptr<ResponseSlot>& slot);

  /// The answer of this exchange, once.
  std::optional<Response> take();

  /// Drops every later answer. After it returns `notify` is not called any more.
  void close();

 private:
  class Sender;
  void deliver(std::uint64_t exchange, Response response);

  std::mutex mutex_;
  std::function<void()> notify_;
  std::uint64_t exchange_ = 0;  ///< the one that an answer is still wanted for; 0: none
  std::uint64_t last_ = 0;
  std::optional<Response> answer_;
};

}  // namespace holdfast::net
