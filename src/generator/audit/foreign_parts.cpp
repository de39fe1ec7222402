#include "src/generator/audit/foreign_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/generator/plan/hold.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kMaxValueBytes = 200;

std::string shown(const Json::Value& value) {
  return value.isNull() ? std::string() : cut(one_line(json::write_tree(value)), kMaxValueBytes);
}

/// Of what we would write, what is not there like that; what else is there stays. Recursion as deep as `wanted`, which
/// is ours.
void compare(const std::string& path, const Json::Value& there, const Json::Value& wanted,
             std::vector<ChangedField>& changes) {
  if (!wanted.isObject()) {
    if (there != wanted) changes.push_back({path, shown(there), shown(wanted)});
    return;
  }
  for (const std::string& name : wanted.getMemberNames()) {
    const Json::Value& member = there.isObject() ? there[name] : Json::Value::nullSingleton();
    compare(fmt::format("{}.{}", path, name), member, wanted[name], changes);
  }
}

const Apply* takeover(const Plan& plan, Part part) {
  for (const Action& action : plan.actions) {
    const Apply* apply = takeover(action);
    if (apply != nullptr && apply->object.part == part) return apply;
  }
  return nullptr;
}

bool is_held(const Plan& plan, Part part, std::string_view code) {
  return std::ranges::any_of(plan.holds, [&](const Hold& hold) { return hold.part == part && hold.code == code; });
}

/// Until the backup under way is over, and no longer.
bool waits_for_backup(const Plan& plan, Part part) {
  const bool busy = is_held(plan, Part::Source, "Synchronizing") || is_held(plan, Part::Destination, "Synchronizing");
  return is_held(plan, part, "Synchronizing") || (busy && is_held(plan, part, "AdoptionWaits"));
}

/// The first; nullptr: there is none.
const Hold* hold_of(const Plan& plan, Part part) {
  const auto found = std::ranges::find(plan.holds, part, &Hold::part);
  return found == plan.holds.end() ? nullptr : &*found;
}

bool has_use_for(const Plan& plan, Part part) { return !plan.protection.protects() || hold_of(plan, part) != nullptr; }

std::string why_not(const Plan& plan, Part part) {
  if (const Hold* hold = hold_of(plan, part)) return fmt::format("{}: {}", hold->code, hold->message);
  if (plan.protection.protects()) return "the PVC has no use for it now";
  return fmt::format("the PVC is not protected: {}", core::to_string(plan.protection.why));
}

}  // namespace

std::vector<ForeignPart> foreign_parts(const View& view, const Plan& plan) {
  std::vector<ForeignPart> parts;
  for (const auto& [part, object] : view.objects) {
    if (is_ours(object)) continue;
    ForeignPart found;
    found.part = part;
    found.name = object->meta.name;
    found.uid = object->meta.uid;
    found.manager = manager_of(*object);
    if (const Apply* apply = takeover(plan, part)) {
      found.taken = true;
      compare("spec", json::read_tree(object->spec).value_or(Json::Value()), apply->object.body["spec"], found.changes);
    } else {
      found.later = waits_for_backup(plan, part);
      found.needed = has_use_for(plan, part);
      found.why = why_not(plan, part);
    }
    parts.push_back(std::move(found));
  }
  return parts;
}

}  // namespace holdfast::generator
