// One of several replicas leads: the one that holds a Lease (coordination.k8s.io/v1).
// Fencing is by time: a leader stops before anybody else may begin, even when it cannot reach the API server.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::kube {

using Steady = std::chrono::steady_clock::time_point;

/// The rules, without a socket or a clock. One thread. One request is under way at a time: a
/// read, or a write.
/// - Others take a Lease only after they saw it unchanged for `lease` (or for as long as its holder asked, at most an
///   hour), and only the version that they saw. One that was deleted under its holder counts as unchanged.
/// - The leader's right ends `fence` after the moment at which its last accepted write began: before anybody else's
///   count can be over. It ends at once where another holder, or no Lease, is seen.
/// The identity must be no other process's.
class Election {
 public:
  struct Options {
    std::string identity;
    std::chrono::seconds lease{15};   ///< how long others must see no renewal before they take it
    std::chrono::seconds fence{10};   ///< how long after its last renewal began a leader may still write
    std::chrono::seconds renew{5};    ///< how often it renews
    std::chrono::seconds attempt{2};  ///< how often others look
  };
  explicit Election(Options options) : options_(std::move(options)) {}

  /// Create (nothing was there) the Lease, or replace the one of this resource version. `renew_time` is empty: whoever
  /// writes fills in the time of day.
  struct Write {
    json::Lease lease;
    bool create = false;
  };
  struct Rest {
    std::chrono::milliseconds time;
  };
  using Step = std::variant<Rest, Write>;

  /// The Lease was read (nullopt: there is none); `now` is not before the answer came. What to do now.
  Step seen(const std::optional<json::Lease>& lease, Steady now);
  /// The write that began at `began` was accepted; its answer is `lease`.
  void written(const json::Lease& lease, Steady began);
  /// It was not, or nobody knows. It is not repeated at once.
  void refused();
  /// The time until which we may write, or nullopt: we do not lead.
  std::optional<Steady> leads_until(Steady now) const;
  /// What to write to let it go at once; nullopt: it is not ours. We do not lead from now on.
  std::optional<json::Lease> release();
  /// For people: the one who holds it.
  const std::string& holder() const { return holder_; }

 private:
  void observe(const std::optional<json::Lease>& lease, Steady now);
  std::chrono::steady_clock::duration until_renewal(Steady now) const;
  std::chrono::steady_clock::duration until_takeover(const std::optional<json::Lease>& lease, bool was_ours,
                                                     Steady now) const;
  json::Lease claimed(const std::optional<json::Lease>& lease) const;

  Options options_;
  std::string holder_;
  std::string sight_;              ///< of the Lease as seen last; empty: never looked
  Steady seen_at_{};               ///< when that first was seen, by our clock
  bool existed_ = false;           ///< there was a Lease when we looked, once
  bool refused_ = false;           ///< the last write was, and we have not rested since
  std::optional<Steady> renewed_;  ///< when the last write that was accepted, and made it ours, began
  std::optional<json::Lease> ours_;
};

/// The Election carried out. All on the loop; `loop` has one thread, and this class belongs to it.
class Elector {
 public:
  /// `changed` is called with whether we lead, when that changes. References outlive the elector.
  Elector(net::Loop& loop, Client& client, std::string ns, std::string name, Election::Options options,
          std::function<void(bool leads)> changed, const ops::Logger& log);
  ~Elector();  ///< does not release
  Elector(const Elector&) = delete;
  Elector& operator=(const Elector&) = delete;

  void start();
  /// The time until which we may write, or nullopt. Deadlines of writes must not be later. From the loop's thread.
  std::optional<Steady> leads_until() const;
  std::string holder() const;
  /// Gives the Lease up so that another may begin at once; `done` is called when that is written or has failed.
  void release(std::function<void()> done);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::kube
