// The ConfigMap of our own namespace that holds a memory: every replica reads it, the leader writes it where it has not
// changed in between. One round at a time.
// Belongs to the thread of the client's loop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "src/generator/later.hpp"

namespace holdfast::generator {

class MemoryConfigMap {
 public:
  /// What it is called in metrics, and in the log; and what it holds, as the log counts it.
  struct Words {
    const char *metric, *log, *held;
  };
  /// References outlive it.
  MemoryConfigMap(kube::Target place, const Words& words, kube::Client& client, const ops::Logger& log,
                  ops::Metrics& metrics);

  /// Begins a round: `done` gets the object, or nullopt where there is none, and ends the round with write() or over().
  /// Where it cannot be read the round is over without it. Ignored while a round is under way.
  void read(std::function<void(const std::optional<json::ConfigMap>&)> done);
  /// Ends the round. `version` empty: a new object. Whoever has written in between wins: what they wrote is read in the
  /// next round. Not begun where `until` has passed.
  void write(kube::Deadline until, std::string body, const std::string& version, std::function<void()> written);
  /// Ends the round; what is wrong is logged once.
  void over(const std::string& problem = {}, ops::Level level = ops::Level::Warn);

  /// It was there, and is not any more.
  void note_lost();
  /// So much of it was taken away since it was read last. The replica that leads writes back what is missing; until
  /// then every replica goes by what it knows.
  void note_shrunk(std::size_t by);
  /// So much has no room in it, as `full` says.
  void note_left_out(std::size_t number, std::string full);

  const kube::Target& place() const { return place_; }
  bool busy() const { return under_way_; }
  bool looked() const { return looked_; }  ///< a round is over
  std::string problem() const;             ///< for people; empty: none

 private:
  const kube::Target place_;
  const Words words_;
  kube::Client& client_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  std::string problem_ = "not read yet";
  std::string full_;           ///< what has no room in it
  std::size_t shrunk_by_ = 0;  ///< as found last
  bool looked_ = false;
  bool under_way_ = false;
  Alive alive_;
};

}  // namespace holdfast::generator
