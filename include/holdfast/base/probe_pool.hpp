// Threads for calls that may never return, such as a read on a mount whose server is gone.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace holdfast::base {

/// Any thread. A call that hangs costs its thread until it comes back; nobody ever waits for it. What a call needs it
/// must own (shared_ptr), because it may outlive the pool and everything around it.
class ProbePool {
 public:
  explicit ProbePool(std::size_t threads = 4);
  /// Does not wait for calls under way.
  ~ProbePool();
  ProbePool(const ProbePool&) = delete;
  ProbePool& operator=(const ProbePool&) = delete;

  /// Runs `call` on a free thread, soon. False, and `call` is dropped: every thread is busy.
  bool submit(std::function<void()> call);

  /// Calls under way.
  std::size_t busy() const;

 private:
  bool add_thread();

  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::size_t limit_;
};

}  // namespace holdfast::base
