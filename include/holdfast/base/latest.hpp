// One value that one thread replaces and many read: a lock that hides its value.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace holdfast::base {

/// Any thread. A reader keeps what it got for as long as it likes; a writer never waits for readers.
template <class T>
class Latest {
 public:
  Latest() : Latest(T{}) {}
  explicit Latest(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  /// Never null.
  std::shared_ptr<const T> read() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  void replace(T value) {
    auto next = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);  // released before `next`, which then holds the old value: it dies unlocked
    value_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace holdfast::base
