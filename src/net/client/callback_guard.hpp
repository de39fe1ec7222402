// What all callbacks of one client go through, so that its destructor can end them. Any thread.
#pragma once

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
  void close();

 private:
  struct Leave {
    CallbackGuard& guard;
    ~Leave() { guard.leave(); }
  };
  bool enter();
  void leave();

  std::mutex mutex_;
  std::condition_variable left_;
  std::vector<std::thread::id> inside_;
  bool closed_ = false;
};

}  // namespace holdfast::net
