// Looks now and then at what became of the repository's maintenance: the KopiaMaintenance and its last Jobs. Reads
// only, in every replica; whoever leads writes the object (installation.hpp). Belongs to the thread of the client's
// loop.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/kube/client.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "holdfast/volsync/maintenance.hpp"
#include "src/generator/later.hpp"

namespace holdfast::generator {
using namespace volsync;

class MaintenanceWatch {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// References outlive it. `pause`: between the end of a look and the next.
  MaintenanceWatch(const Options& options, std::chrono::milliseconds pause, kube::Client& client,
                   const ops::Logger& log, ops::Metrics& metrics);

  /// Begins a look where it is time for one.
  void look(Steady now);
  /// For people; empty: all is well. Until the first look has ended, that it has not.
  const std::string& problem() const { return problem_; }

 private:
  void read_object(const kube::Result& result);
  void list_runs(std::optional<core::Maintenance> maintenance);
  void read_runs(const std::optional<core::Maintenance>& maintenance, const kube::Result& result);
  void judge(const std::optional<core::Maintenance>& maintenance, const std::vector<core::MaintenanceRun>& runs,
             const std::string& unread);
  void end(std::string problem);

  const std::optional<kube::Target> place_;
  const std::chrono::seconds stale_after_;
  const std::chrono::milliseconds pause_;
  kube::Client& client_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  std::string problem_;
  bool under_way_ = false;
  std::optional<Steady> ended_;
  Alive alive_;
};

}  // namespace holdfast::generator
