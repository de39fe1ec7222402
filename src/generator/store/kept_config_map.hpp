// A ConfigMap of our own namespace in which something is remembered: every replica reads it, the leader writes it where
// it has not changed in between. One round at a time.
// Belongs to the thread of the client's loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/ops/log.hpp"

namespace holdfast::generator {

class KeptConfigMap {
 public:
  /// `what` it is, for the log. References outlive it.
  KeptConfigMap(kube::Target place, std::string what, kube::Client& client, const ops::Logger& log);

  /// Begins a round: `done` gets the object, or nullopt where there is none, and ends the round with write() or over().
  /// Where it cannot be read the round is over without it. Ignored while a round is under way.
  void read(std::function<void(const std::optional<json::ConfigMap>&)> done);
  /// Ends the round. `version` empty: a new object. Whoever has written in between wins: what they wrote is read in the
  /// next round. Not begun where `until` has passed.
  void write(kube::Deadline until, std::string body, const std::string& version, std::function<void()> written);
  /// Ends the round; what is wrong is logged once.
  void over(const std::string& problem = {}, ops::Level level = ops::Level::Warn);

  const kube::Target& place() const { return place_; }
  bool busy() const { return under_way_; }
  bool looked() const { return looked_; }                  ///< a round is over
  const std::string& problem() const { return problem_; }  ///< for people; empty: none

 private:
  const kube::Target place_;
  const std::string what_;
  kube::Client& client_;
  const ops::Logger& log_;
  std::string problem_ = "not read yet";
  bool looked_ = false;
  bool under_way_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace holdfast::generator
