#include "holdfast/volsync/maintenance.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace holdfast::volsync {
namespace {

constexpr std::chrono::hours kLeastStale{36};
constexpr int kMissed = 3;

}  // namespace

std::string why_no_maintenance(const Options& options) {
  if (!options.maintenance.enabled) return "off: generator.maintenance.enabled";
  if (options.repository.kind == RepositoryOptions::Kind::None) return "not kept: generator.repository.kind is none";
  if (options.own_namespace.empty()) return "not kept: our own namespace is not known (POD_NAMESPACE)";
  return {};
}

std::optional<kube::Target> maintenance_place(const Options& options) {
  if (!why_no_maintenance(options).empty()) return std::nullopt;
  return kube::Target{kube::kKopiaMaintenances, options.own_namespace, std::string(kMaintenanceName)};
}

std::string maintenance_jobs_selector() {
  return fmt::format("volsync.backube/kopia-maintenance=true,volsync.backube/maintenance-name={}", kMaintenanceName);
}

std::chrono::seconds stale_after(const MaintenanceOptions& options) {
  if (options.stale_after) return std::chrono::floor<std::chrono::seconds>(*options.stale_after);
  return std::max<std::chrono::seconds>(kLeastStale, kMissed * longest_pause(options.schedule));
}

std::string describe(const std::vector<core::MaintenanceProblem>& problems) {
  std::string text;
  for (const core::MaintenanceProblem& problem : problems) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", to_string(problem.reason), problem.message);
  }
  return text;
}

}  // namespace holdfast::volsync
