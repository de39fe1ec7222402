// Gets proofs from the index for the generator: one at a time, not too often, and delivered on the generator's thread.
// Belongs to the thread of the loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "holdfast/index/index.hpp"
#include "holdfast/net/server.hpp"

namespace holdfast::generator {

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

class EvidenceRefresher {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// `arrived` is called after each proof that was wanted. `between`: from the beginning of one to that of the next.
  EvidenceRefresher(net::Loop& loop, index::Index& index, std::shared_ptr<Return> way_back,
                    std::chrono::milliseconds between, std::function<void()> arrived);

  /// The last proof where it began at `moment` or later and is fresh enough to act on; else nullptr.
  const core::Evidence* since(Steady moment, Steady now) const;
  /// The last proof however old, or nullptr.
  const core::Evidence* last() const { return evidence_ ? &*evidence_ : nullptr; }
  /// A proof that begins after this call will arrive.
  void want(Steady now) { want(now, between_); }
  /// The same, sooner after the last one: a PVC that is to be restored waits for it.
  void want_soon(Steady now) { want(now, between_ / kSooner); }

 private:
  static constexpr int kSooner = 10;

  void want(Steady now, std::chrono::milliseconds pause);
  void begin(Steady now);
  void take(core::Evidence evidence, Steady began);

  net::Loop& loop_;
  index::Index& index_;
  std::shared_ptr<Return> way_back_;
  const std::chrono::milliseconds between_;
  std::function<void()> arrived_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::optional<core::Evidence> evidence_;
  Steady began_{};  ///< when the proof in evidence_ was asked for
  Steady arrived_at_{};
  Steady asked_{};  ///< when the last proof was
  bool under_way_ = false;
  std::optional<Steady> planned_;                   ///< a timer will begin the next then
  std::optional<std::chrono::milliseconds> again_;  ///< wanted while one was under way, with this pause
};

}  // namespace holdfast::generator
