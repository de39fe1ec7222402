#include "holdfast/core/maintenance.hpp"

#include <fmt/format.h>

namespace holdfast::core {
namespace {

using Problem = MaintenanceProblem;
using Reason = Problem::Reason;

/// VolSync has said something of a new object by then.
constexpr std::chrono::minutes kFirstWord{10};

/// In whole seconds: the times come from outside, and nanoseconds of far ones would not fit.
bool is_older(Time since, std::chrono::seconds age, Time now) {
  const auto whole = [](Time time) { return std::chrono::floor<std::chrono::seconds>(time); };
  return whole(now) - whole(since) >= age;
}

const MaintenanceRun* newest_that_ended(const std::vector<MaintenanceRun>& runs) {
  const MaintenanceRun* newest = nullptr;
  for (const MaintenanceRun& run : runs) {
    if (run.state == MaintenanceRun::State::Running) continue;
    if (newest == nullptr || newest->created < run.created) newest = &run;
  }
  return newest;
}

std::optional<Problem> readiness(const Maintenance& maintenance, Time now) {
  if (maintenance.ready == "True") return std::nullopt;
  if (!maintenance.ready.empty()) return Problem{Reason::NotReady, maintenance.ready};
  if (!maintenance.created || !is_older(*maintenance.created, kFirstWord, now)) return std::nullopt;
  return Problem{Reason::NotReady, "VolSync has said nothing of it: does a VolSync run that knows KopiaMaintenance?"};
}

/// The Jobs say it at once; what VolSync counts serves where they are not known.
std::optional<Problem> failure(const Maintenance& maintenance, const std::vector<MaintenanceRun>& runs) {
  const MaintenanceRun* last = newest_that_ended(runs);
  if (last != nullptr && last->state == MaintenanceRun::State::Succeeded) return std::nullopt;
  if (last != nullptr) return Problem{Reason::JobFailed, fmt::format("Job {} failed ({})", last->name, last->failure)};
  if (maintenance.failures <= 0) return std::nullopt;
  return Problem{Reason::JobFailed, fmt::format("{} failed within a day", maintenance.failures)};
}

std::optional<Problem> age(const Maintenance& maintenance, std::chrono::seconds stale_after, Time now) {
  const auto since = maintenance.last_success ? maintenance.last_success : maintenance.created;
  if (!since || !is_older(*since, stale_after, now)) return std::nullopt;
  if (maintenance.last_success) {
    return Problem{Reason::TooOld, fmt::format("the last one that succeeded was at {}", format_seconds(*since))};
  }
  return Problem{Reason::TooOld, fmt::format("none has succeeded since it was set up at {}", format_seconds(*since))};
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Missing:
      return "Missing";
    case Reason::NotReady:
      return "NotReady";
    case Reason::Unhealthy:
      return "Unhealthy";
    case Reason::JobFailed:
      return "JobFailed";
    case Reason::TooOld:
      return "TooOld";
  }
  return "Missing";
}

std::vector<Problem> maintenance_problems(const Maintenance* maintenance, const std::vector<MaintenanceRun>& runs,
                                          std::chrono::seconds stale_after, Time now) {
  if (maintenance == nullptr) return {{Reason::Missing, "there is none; whoever leads writes it"}};
  std::vector<Problem> found;
  const auto add = [&](std::optional<Problem> problem) {
    if (problem) found.push_back(*std::move(problem));
  };
  add(readiness(*maintenance, now));
  if (!maintenance->healthy.empty() && maintenance->healthy != "True") {
    found.push_back({Reason::Unhealthy, maintenance->healthy});
  }
  add(failure(*maintenance, runs));
  add(age(*maintenance, stale_after, now));
  return found;
}

}  // namespace holdfast::core
