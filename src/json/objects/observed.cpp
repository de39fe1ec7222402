#include "holdfast/base/text.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

using core::Image;
using core::Observed;
using core::SyncStatus;

constexpr std::size_t kLogBytes = 16 * 1024;
constexpr std::size_t kReadyBytes = 1024;
constexpr std::size_t kErrorBytes = 512;

struct Condition {
  meta_shape::Condition said;
  std::optional<core::Time> changed;
};

struct Draft {
  Observed observed;
  std::vector<Condition> conditions;
  Slice spec;
};

/// The last of it, because what the mover counted stands near the end.
const char* set_logs(void* draft, std::string_view, std::string_view value) {
  static_cast<Draft*>(draft)->observed.status.mover_logs = base::last_utf8(value, kLogBytes);
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
constexpr auto kCondition =
    joined(meta_shape::kCondition<&Condition::said>,
           std::to_array<Member>({{"lastTransitionTime", meta_shape::time<&Condition::changed>()}}));
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
    {"spec", slice<&Draft::spec>()},
    {"status", object(kStatus)},
};
constexpr Shape kObserved = object(kMembers);

/// Source: setConditionError in VolSync's internal/controller/statemachine/conditions.go. It goes on trying.
void take_synchronizing(const Condition& condition, SyncStatus& status) {
  status.synchronizing = condition.said.status == "True";
  if (condition.said.reason != "Error") return;
  status.error = base::printable(condition.said.message, kErrorBytes);
  status.error_since = condition.changed;
}

void take_conditions(const std::vector<Condition>& conditions, Observed& observed) {
  for (const Condition& condition : conditions) {
    if (condition.said.type == "Synchronizing") take_synchronizing(condition, observed.status);
    if (condition.said.type == "Ready") observed.ready = condition.said.true_or_why(kReadyBytes);
  }
}

}  // namespace

std::variant<Observed, ObjectFault> read_observed(std::string_view object) {
  Draft draft;
  if (auto fault = fill(object, kObserved, &draft)) return std::move(*fault);
  if (draft.observed.meta.name.empty()) return ObjectFault{"metadata.name: missing"};
  draft.observed.spec = draft.spec.of(object);
  take_conditions(draft.conditions, draft.observed);
  return std::move(draft.observed);
}

}  // namespace holdfast::json
