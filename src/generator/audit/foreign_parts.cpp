#include "src/generator/audit/foreign_parts.hpp"

#include <fmt/format.h>

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
    const auto* apply = std::get_if<Apply>(&action);
    if (apply != nullptr && apply->adopts && apply->object.part == part) return apply;
  }
  return nullptr;
}

std::string why_not(const Plan& plan, Part part) {
  for (const Hold& hold : plan.holds) {
    if (hold.part == part) return fmt::format("{}: {}", hold.code, hold.message);
  }
  if (plan.protection.protects()) return "the PVC has no use for it now";
  return fmt::format("the PVC is not protected: {}", core::to_string(plan.protection.why));
}

}  // namespace

std::vector<ForeignPart> foreign_parts(const View& view, const Plan& plan) {
  std::vector<ForeignPart> parts;
  for (const auto& [part, object] : view.objects) {
    if (is_ours(object)) continue;
    ForeignPart found{std::string(resource(part).kind), object->meta.name, manager_of(*object), false, {}, {}};
    if (const Apply* apply = takeover(plan, part)) {
      found.taken = true;
      compare("spec", json::read_tree(object->spec).value_or(Json::Value()), apply->object.body["spec"], found.changes);
    } else {
      found.why = why_not(plan, part);
    }
    parts.push_back(std::move(found));
  }
  return parts;
}

}  // namespace holdfast::generator
