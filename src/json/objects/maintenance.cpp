#include <fmt/format.h>

#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/object_reader.hpp"
#include "src/json/reader/text.hpp"

namespace holdfast::json {
namespace {

using core::Maintenance;
using core::MaintenanceRun;

constexpr std::size_t kWhyBytes = 512;

struct Condition {
  std::string type;
  std::string status;
  std::string reason;
  std::string message;
};
constexpr Member kCondition[] = {
    {"type", text<&Condition::type>()},
    {"status", text<&Condition::status>()},
    {"reason", text<&Condition::reason>()},
    {"message", text<&Condition::message>()},
};

std::string why(const Condition& condition) {
  return printable(fmt::format("{}: {}", condition.reason, condition.message), kWhyBytes);
}

struct MaintenanceDraft {
  Maintenance maintenance;
  std::vector<Condition> conditions;
};
constexpr Shape kMaintenanceCondition = object<&MaintenanceDraft::conditions>(kCondition);
constexpr Member kMaintenanceMetadata[] = {
    {"creationTimestamp", meta_shape::time<&MaintenanceDraft::maintenance, &Maintenance::created>()},
};
constexpr Member kMaintenanceStatus[] = {
    {"lastMaintenanceTime", meta_shape::time<&MaintenanceDraft::maintenance, &Maintenance::last_success>()},
    {"maintenanceFailures", integer<&MaintenanceDraft::maintenance, &Maintenance::failures>()},
    {"conditions", array(kMaintenanceCondition)},
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
constexpr Shape kRunCondition = object<&RunDraft::conditions>(kCondition);
constexpr Member kRunMetadata[] = {
    {"name", text<&RunDraft::run, &MaintenanceRun::name>()},
    {"creationTimestamp", meta_shape::time<&RunDraft::run, &MaintenanceRun::created>()},
};
constexpr Member kRunStatus[] = {{"conditions", array(kRunCondition)}};
constexpr Member kRunMembers[] = {{"metadata", object(kRunMetadata)}, {"status", object(kRunStatus)}};
constexpr Shape kRun = object(kRunMembers);

}  // namespace

std::variant<Maintenance, ObjectFault> read_maintenance(std::string_view object) {
  MaintenanceDraft draft;
  if (auto fault = fill(object, kMaintenance, &draft, kObjectLimits)) return std::move(*fault);
  for (const Condition& condition : draft.conditions) {
    const std::string said = condition.status == "True" ? condition.status : why(condition);
    if (condition.type == "Ready") draft.maintenance.ready = said;
    if (condition.type == "MaintenanceHealthy") draft.maintenance.healthy = said;
  }
  return std::move(draft.maintenance);
}

std::variant<MaintenanceRun, ObjectFault> read_maintenance_run(std::string_view object) {
  RunDraft draft;
  if (auto fault = fill(object, kRun, &draft, kObjectLimits)) return std::move(*fault);
  if (draft.run.name.empty()) return ObjectFault{"metadata.name: missing"};
  for (const Condition& condition : draft.conditions) {
    if (condition.status != "True") continue;
    if (condition.type == "Complete") draft.run.state = MaintenanceRun::State::Succeeded;
    if (condition.type != "Failed") continue;
    draft.run.state = MaintenanceRun::State::Failed;
    draft.run.failure = why(condition);
  }
  return std::move(draft.run);
}

}  // namespace holdfast::json
