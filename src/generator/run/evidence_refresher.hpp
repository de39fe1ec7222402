// Gets proofs from the index for the generator: one at a time, not too often, and delivered on the generator's thread.
// Belongs to the thread of the loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "holdfast/index/index.hpp"
#include "src/generator/later.hpp"

namespace holdfast::generator {

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

  Later later_;
  index::Index& index_;
  std::shared_ptr<Return> way_back_;
  const std::chrono::milliseconds between_;
  std::function<void()> arrived_;
  Alive alive_;
  std::optional<core::Evidence> evidence_;
  Steady began_{};  ///< when the proof in evidence_ was asked for
  Steady arrived_at_{};
  Steady asked_{};  ///< when the last proof was
  bool under_way_ = false;
  std::optional<Steady> planned_;                   ///< a timer will begin the next then
  std::optional<std::chrono::milliseconds> again_;  ///< wanted while one was under way, with this pause
};

}  // namespace holdfast::generator
