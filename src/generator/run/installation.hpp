// The objects that belong to the installation and not to one PVC: repository maintenance and, where it is wanted, the
// cleanup policy of kyverno. There are three of them at most, so they are fetched and compared now and then instead of
// being watched.
// Belongs to the thread of the client's loop.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "holdfast/kube/client.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "holdfast/volsync/objects.hpp"
#include "src/generator/later.hpp"

namespace holdfast::generator {
using namespace volsync;

class Installation {
 public:
  /// References outlive it.
  Installation(const core::Policy& policy, const Options& options, kube::Client& client, const ops::Logger& log,
               ops::Metrics& metrics);

  /// Makes them as they should be, and deletes those of ours that are not wanted any more. No write begins after
  /// `deadline`. Ignored while an earlier call is under way.
  void settle(kube::Deadline deadline);
  /// The last call left something undone, a while ago: its kind may be installed by now.
  bool due(std::chrono::steady_clock::time_point now) const;
  /// What could not be done last time, for people; empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  struct Item {
    Object object;
    bool wanted = false;
  };
  void next(kube::Deadline deadline);
  void finish(std::chrono::steady_clock::time_point now);
  void compare(const Item& item, const kube::Result& found, kube::Deadline deadline);
  void write(const Item& item, const core::Observed* found, kube::Deadline deadline);
  void remove(const Item& item, const core::Observed& found, kube::Deadline deadline);
  void note(const Item& item, const std::string& what);
  kube::Done then(const Item& item, std::string_view verb, kube::Deadline deadline);

  const Adopts adopts_;
  kube::Client& client_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  std::vector<Item> items_;
  std::size_t at_ = 0;
  bool under_way_ = false;
  bool incomplete_ = false;
  std::chrono::steady_clock::time_point ended_{};
  std::string problem_;
  std::string found_;  ///< the problem of the call that is under way
  Alive alive_;
};

}  // namespace holdfast::generator
