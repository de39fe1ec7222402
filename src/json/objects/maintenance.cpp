#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

using core::Maintenance;
using core::MaintenanceRun;
using meta_shape::Condition;

constexpr std::size_t kWhyBytes = 512;

struct MaintenanceDraft {
  Maintenance maintenance;
  std::vector<Condition> conditions;
};
constexpr Member kMaintenanceMetadata[] = {
    {"creationTimestamp", meta_shape::time<&MaintenanceDraft::maintenance, &Maintenance::created>()},
};
constexpr Member kMaintenanceStatus[] = {
    {"lastMaintenanceTime", meta_shape::time<&MaintenanceDraft::maintenance, &Maintenance::last_success>()},
    {"maintenanceFailures", integer<&MaintenanceDraft::maintenance, &Maintenance::failures>()},
    {"conditions", meta_shape::conditions<&MaintenanceDraft::conditions>()},
};
constexpr Member kMaintenanceMembers[] = {
    {"metadata", object(kMaintenanceMetadata)},
    {"status", object(kMaintenanceStatus)},
};
constexpr Shape kMaintenance = object(kMaintenanceMembers);

struct RunDraft {
  MaintenanceRun run;
  std::vector<Condition> conditions;
};
constexpr Member kRunMetadata[] = {
    {"name", text<&RunDraft::run, &MaintenanceRun::name>()},
    {"creationTimestamp", meta_shape::time<&RunDraft::run, &MaintenanceRun::created>()},
};
constexpr Member kRunStatus[] = {{"conditions", meta_shape::conditions<&RunDraft::conditions>()}};
constexpr Member kRunMembers[] = {{"metadata", object(kRunMetadata)}, {"status", object(kRunStatus)}};
constexpr Shape kRun = object(kRunMembers);

}  // namespace

std::variant<Maintenance, ObjectFault> read_maintenance(std::string_view object) {
  MaintenanceDraft draft;
  if (auto fault = fill(object, kMaintenance, &draft)) return std::move(*fault);
  for (const Condition& condition : draft.conditions) {
    const std::string said = condition.true_or_why(kWhyBytes);
    if (condition.type == "Ready") draft.maintenance.ready = said;
    if (condition.type == "MaintenanceHealthy") draft.maintenance.healthy = said;
  }
  return std::move(draft.maintenance);
}

std::variant<MaintenanceRun, ObjectFault> read_maintenance_run(std::string_view object) {
  RunDraft draft;
  if (auto fault = fill(object, kRun, &draft)) return std::move(*fault);
  if (draft.run.name.empty()) return ObjectFault{"metadata.name: missing"};
  for (const Condition& condition : draft.conditions) {
    if (condition.status != "True") continue;
    if (condition.type == "Complete") draft.run.state = MaintenanceRun::State::Succeeded;
    if (condition.type != "Failed") continue;
    draft.run.state = MaintenanceRun::State::Failed;
    draft.run.failure = condition.why(kWhyBytes);
  }
  return std::move(draft.run);
}

}  // namespace holdfast::json
