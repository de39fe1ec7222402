#include "holdfast/base/probe_pool.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast::base {

struct ProbePool::Shared {
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::function<void()>> calls;  ///< taken on, not yet begun: never more than there are idle threads
  std::size_t busy = 0;                      ///< calls taken on and not yet returned
  std::size_t threads = 0;
  bool stopping = false;

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || !calls.empty(); });
      if (calls.empty()) return;
      auto call = std::move(calls.back());
      calls.pop_back();
      lock.unlock();
      call();
      call = nullptr;
      lock.lock();
      --busy;
    }
  }
};

ProbePool::ProbePool(std::size_t threads) : shared_(std::make_shared<Shared>()), limit_(threads) {}

ProbePool::~ProbePool() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->wake.notify_all();
}

/// False: the system gives no thread. Call it locked.
bool ProbePool::add_thread() {
  try {
    std::thread([shared = shared_] { shared->run(); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  ++shared_->threads;
  return true;
}

bool ProbePool::submit(std::function<void()> call) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->busy == limit_) return false;
  if (shared_->busy == shared_->threads && !add_thread()) return false;
  ++shared_->busy;
  shared_->calls.push_back(std::move(call));
  shared_->wake.notify_one();
  return true;
}

std::size_t ProbePool::busy() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->busy;
}

}  // namespace holdfast::base
