// How the maintenance of the repository goes, read off VolSync's KopiaMaintenance and the Jobs that it runs. A
// repository that is never maintained grows without bound, and one day is too slow to list. Pure; any thread. Source:
// the KopiaMaintenance controller of VolSync's fork with the kopia mover.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/time.hpp"

namespace holdfast::core {

/// What the KopiaMaintenance says of itself.
struct Maintenance {
  std::optional<Time> created;
  /// Its conditions Ready and MaintenanceHealthy: "" not said, "True", or the reason and message why not. A Ready of
  /// True says that its CronJob is there, and nothing of what becomes of that.
  std::string ready;
  std::string healthy;
  /// When one succeeded last. VolSync looks every five minutes.
  std::optional<Time> last_success;
  /// Those of the last day that failed, if none of that day succeeded; VolSync keeps one failed Job, and counts no
  /// more.
  std::int64_t failures = 0;
};

/// One Job of it.
struct MaintenanceRun {
  enum class State { Running, Succeeded, Failed };
  std::string name;
  std::optional<Time> created;
  State state = State::Running;
  std::string failure;  ///< of Failed: reason and message
};

/// What is wrong with it. The order is that of how much each one says.
struct MaintenanceProblem {
  enum class Reason {
    Missing,    ///< there is no KopiaMaintenance
    NotReady,   ///< VolSync cannot set it up, or does not look at it
    Unhealthy,  ///< it failed so often that VolSync has suspended it
    JobFailed,  ///< the last one that ended failed
    TooOld      ///< none succeeded for too long
  };
  Reason reason = Reason::Missing;
  std::string message;  ///< for people, on one line, bounded
};
inline constexpr MaintenanceProblem::Reason kMaintenanceReasons[] = {
    MaintenanceProblem::Reason::Missing, MaintenanceProblem::Reason::NotReady, MaintenanceProblem::Reason::Unhealthy,
    MaintenanceProblem::Reason::JobFailed, MaintenanceProblem::Reason::TooOld};
/// "Missing", "NotReady", …: labels of a metric.
std::string_view to_string(MaintenanceProblem::Reason reason);

/// `maintenance` nullptr: there is none. `runs` in any order; empty where they are not known.
std::vector<MaintenanceProblem> maintenance_problems(const Maintenance* maintenance,
                                                     const std::vector<MaintenanceRun>& runs,
                                                     std::chrono::seconds stale_after, Time now);

}  // namespace holdfast::core
