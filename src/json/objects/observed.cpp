#include <fmt/format.h>

#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/object_reader.hpp"
#include "src/json/reader/text.hpp"

namespace holdfast::json {
namespace {

using core::Image;
using core::Observed;
using core::SyncStatus;

constexpr std::size_t kLogBytes = 16 * 1024;
constexpr std::size_t kReadyBytes = 1024;
constexpr std::size_t kErrorBytes = 512;

struct Condition {
  std::string type;
  std::string status;
  std::string reason;
  std::string message;
  std::optional<core::Time> changed;
};

struct Draft {
  Observed observed;
  std::vector<Condition> conditions;
  std::size_t spec_begin = 0;
  std::size_t spec_end = 0;
};

// A mark stands behind the brace.
void spec_begins(void* draft, std::size_t mark) { static_cast<Draft*>(draft)->spec_begin = mark - 1; }
void spec_ends(void* draft, std::size_t mark) { static_cast<Draft*>(draft)->spec_end = mark; }

/// The last of it, because what the mover counted stands near the end.
const char* set_logs(void* draft, std::string_view, std::string_view value) {
  static_cast<Draft*>(draft)->observed.status.mover_logs = last_utf8(value, kLogBytes);
  return nullptr;
}

constexpr Member kMoverStatus[] = {
    {"result", text<&Draft::observed, &Observed::status, &SyncStatus::mover_result>()},
    {"logs", {.kind = Shape::Kind::Text, .set = set_logs}},
};
constexpr Member kImage[] = {
    {"apiGroup", text<&Image::api_group>()},
    {"kind", text<&Image::kind>()},
    {"name", text<&Image::name>()},
};
constexpr Member kCondition[] = {
    {"type", text<&Condition::type>()},
    {"status", text<&Condition::status>()},
    {"reason", text<&Condition::reason>()},
    {"message", text<&Condition::message>()},
    {"lastTransitionTime", meta_shape::time<&Condition::changed>()},
};
constexpr Shape kConditionElement = object<&Draft::conditions>(kCondition);
constexpr Member kStatus[] = {
    {"lastManualSync", text<&Draft::observed, &Observed::status, &SyncStatus::last_manual_sync>()},
    {"lastSyncTime", meta_shape::time<&Draft::observed, &Observed::status, &SyncStatus::last_sync>()},
    {"lastSyncStartTime", meta_shape::time<&Draft::observed, &Observed::status, &SyncStatus::sync_started>()},
    {"latestMoverStatus", object(kMoverStatus)},
    {"latestImage", object<&Draft::observed, &Observed::status, &SyncStatus::image>(kImage)},
    {"conditions", array(kConditionElement)},
};
constexpr Member kMembers[] = {
    {"metadata", object(meta_shape::kMetadata<&Draft::observed, &Observed::meta>)},
    {"spec", {.kind = Shape::Kind::Object, .begin_at = spec_begins, .end_at = spec_ends}},
    {"status", object(kStatus)},
};
constexpr Shape kObserved = object(kMembers);

std::string readiness(const Condition& condition) {
  if (condition.status == "True") return condition.status;
  return printable(fmt::format("{}: {}", condition.reason, condition.message), kReadyBytes);
}

/// Source: setConditionError in VolSync's internal/controller/statemachine/conditions.go. It goes on trying.
void take_synchronizing(const Condition& condition, SyncStatus& status) {
  status.synchronizing = condition.status == "True";
  if (condition.reason != "Error") return;
  status.error = printable(condition.message, kErrorBytes);
  status.error_since = condition.changed;
}

void take_conditions(const std::vector<Condition>& conditions, Observed& observed) {
  for (const Condition& condition : conditions) {
    if (condition.type == "Synchronizing") take_synchronizing(condition, observed.status);
    if (condition.type == "Ready") observed.ready = readiness(condition);
  }
}

}  // namespace

std::variant<Observed, ObjectFault> read_observed(std::string_view object) {
  Draft draft;
  if (auto fault = fill(object, kObserved, &draft, kObjectLimits)) return std::move(*fault);
  if (draft.observed.meta.name.empty()) return ObjectFault{"metadata.name: missing"};
  draft.observed.spec = object.substr(draft.spec_begin, draft.spec_end - draft.spec_begin);
  take_conditions(draft.conditions, draft.observed);
  return std::move(draft.observed);
}

}  // namespace holdfast::json
