// `adopt`: what taking over the objects of another system would change.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/cli/run.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

using generator::AuditItem;
using generator::ForeignPart;

constexpr std::size_t kMaxManagerBytes = 64;

/// "media", "media/photos" or nothing.
struct Scope {
  std::string ns, pvc;
  bool has(const core::PvcName& name) const { return pvc.empty() || name.name == pvc; }
};

Scope read_scope(const std::string& text) {
  if (text.empty()) return {};
  if (const auto name = core::parse_pvc_name(text)) return {name->ns, name->name};
  if (core::parse_pvc_name(text + "/x")) return {text, {}};
  throw SettingsError(fmt::format("adopt: {:?} is neither <namespace> nor <namespace>/<pvc>", text));
}

std::string by(const ForeignPart& part) {
  return part.manager.empty() ? "of nobody who says so" : "of " + base::printable(part.manager, kMaxManagerBytes);
}

std::string to_text(const ForeignPart& part) {
  std::string text = fmt::format("    {} {} {}: {}\n", part.kind, base::printable(part.name, 253), by(part),
                                 part.taken ? "is taken over" : "stays as it is: " + part.why);
  for (const generator::ChangedField& field : part.changes) {
    text +=
        fmt::format("        {}: {} -> {}\n", field.path, field.before.empty() ? "absent" : field.before, field.after);
  }
  return text;
}

Json::Value to_value(const ForeignPart& part) {
  Json::Value value;
  value["kind"] = part.kind;
  value["name"] = part.name;
  if (!part.manager.empty()) value["manager"] = part.manager;
  value["taken"] = part.taken;
  if (!part.why.empty()) value["why"] = part.why;
  for (const generator::ChangedField& field : part.changes) {
    Json::Value& change = value["changes"].append(Json::objectValue);
    change["field"] = field.path;
    if (!field.before.empty()) change["before"] = field.before;
    change["after"] = field.after;
  }
  return value;
}

bool is_taken(const AuditItem& item) { return std::ranges::all_of(item.foreign, &ForeignPart::taken); }

std::string to_text(const std::vector<AuditItem>& items) {
  std::string text;
  for (const AuditItem& item : items) {
    text += fmt::format("{}: {}\n", to_string(item.pvc),
                        is_taken(item) ? "all of its objects would be taken over" : "is not taken over as a whole");
    for (const ForeignPart& part : item.foreign) text += to_text(part);
  }
  const auto whole = std::ranges::count_if(items, is_taken);
  return text + fmt::format("{} PVC{} with objects of others, {} of them taken over as a whole; nothing was written\n",
                            items.size(), items.size() == 1 ? "" : "s", whole);
}

Json::Value to_value(const std::vector<AuditItem>& items) {
  Json::Value all;
  all["items"] = Json::arrayValue;
  for (const AuditItem& item : items) {
    Json::Value value;
    value["namespace"] = item.pvc.ns;
    value["pvc"] = item.pvc.name;
    value["whole"] = is_taken(item);
    for (const ForeignPart& part : item.foreign) value["objects"].append(to_value(part));
    all["items"].append(std::move(value));
  }
  return all;
}

}  // namespace

int plan_adoption(const Settings& settings, const std::string& scope_text, Output output) {
  const Scope scope = read_scope(scope_text);
  Look look_at(settings);
  auto audit = audit_cluster(look_at, need_cluster(settings), scope.ns, true);
  if (!audit.problem.empty()) look_at.log.warn("the plan is incomplete", {{"problem", audit.problem}});
  std::erase_if(audit.items, [&](const AuditItem& item) { return item.foreign.empty() || !scope.has(item.pvc); });
  std::ranges::sort(audit.items, {}, &AuditItem::pvc);
  print(output == Output::Text ? to_text(audit.items) : render(to_value(audit.items), output));
  if (!audit.problem.empty()) return kCannotTell;
  return std::ranges::all_of(audit.items, is_taken) ? kOk : kCheckFailed;
}

}  // namespace holdfast::cli
