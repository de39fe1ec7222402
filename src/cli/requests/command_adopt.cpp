// `adopt --plan` and `adopt --apply`: what taking over the objects of another system changes, and asking for it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>

#include "holdfast/base/clock.hpp"
#include "holdfast/base/text.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/volsync/adoption.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/cluster_client.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/output.hpp"
#include "src/cli/requests/outcomes.hpp"

namespace holdfast::cli {
namespace {

using generator::AuditItem;
using generator::ForeignPart;

constexpr std::size_t kMaxManagerBytes = 64;
constexpr std::size_t kMaxNameBytes = 253;

std::string named(const ForeignPart& part) {
  return fmt::format("{} {}", volsync::resource(part.part).kind, base::printable(part.name, kMaxNameBytes));
}

std::string by(const ForeignPart& part) {
  return part.manager.empty() ? "of nobody who says so" : "of " + base::printable(part.manager, kMaxManagerBytes);
}

std::string to_text(const ForeignPart& part) {
  const std::string what = part.taken   ? "is taken over"
                           : part.later ? "is taken over when the backup or restore under way is over"
                                        : "stays as it is: " + part.why;
  std::string text = fmt::format("    {} {}: {}\n", named(part), by(part), what);
  for (const generator::ChangedField& field : part.changes) {
    text +=
        fmt::format("        {}: {} -> {}\n", field.path, field.before.empty() ? "absent" : field.before, field.after);
  }
  return text;
}

Json::Value to_value(const ForeignPart& part) {
  Json::Value value;
  value["kind"] = std::string(volsync::resource(part.part).kind);
  value["name"] = part.name;
  if (!part.manager.empty()) value["manager"] = part.manager;
  value["taken"] = part.taken;
  if (part.later) value["later"] = true;
  if (!part.why.empty()) value["why"] = part.why;
  for (const generator::ChangedField& field : part.changes) {
    Json::Value& change = value["changes"].append(Json::objectValue);
    change["field"] = field.path;
    if (!field.before.empty()) change["before"] = field.before;
    change["after"] = field.after;
  }
  return value;
}

bool changes_hands(const ForeignPart& part) { return part.taken || part.later; }

bool is_taken(const AuditItem& item) {
  return std::ranges::all_of(item.foreign, [](const ForeignPart& part) { return changes_hands(part) || !part.needed; });
}

bool waits_for_acceptance(const AuditItem& item) {
  return std::ranges::any_of(item.foreign,
                             [](const ForeignPart& part) { return part.why.starts_with("BackupsNotRestored"); });
}

/// Of the PVCs that only wait for somebody to say that their older backups may go: a line for each namespace.
std::string how_to_accept(const std::vector<AuditItem>& items) {
  std::map<std::string, int> waiting;
  for (const AuditItem& item : items) {
    if (waits_for_acceptance(item)) ++waiting[item.pvc.ns];
  }
  std::string text;
  for (const auto& [ns, count] : waiting) {
    text += fmt::format(
        "# {} of {}: once their data was compared with the backups, all that are there now go on with\n"
        "#   kubectl annotate namespace {} {}=\"{}: <reason>\"\n",
        count, ns, ns, core::key::kAcceptOlderBackups, core::format_seconds(base::utc_now()));
  }
  return text;
}

std::string to_text(const std::vector<AuditItem>& items) {
  std::string text;
  for (const AuditItem& item : items) {
    text += fmt::format("{}: {}\n", to_string(item.pvc),
                        is_taken(item) ? "all of its objects would be taken over" : "is not taken over as a whole");
    for (const ForeignPart& part : item.foreign) text += to_text(part);
  }
  text += how_to_accept(items);
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

/// The PVCs in the request's scope that somebody else has made objects for, and what the generator would do with them.
std::vector<AuditItem> look_at_others(Look& look_at, const AdoptRequest& request, std::string& problem) {
  const Scope scope = read_scope(request.scope);
  auto audit = audit_cluster(look_at, need_cluster(look_at.settings), scope.ns, volsync::Adopts::Everything);
  std::erase_if(audit.items, [&](const AuditItem& item) {
    return !scope.has(item.pvc) || std::ranges::none_of(item.foreign, &ForeignPart::needed);
  });
  std::ranges::sort(audit.items, {}, &AuditItem::pvc);
  problem = std::move(audit.problem);
  return std::move(audit.items);
}

/// Why not all of them are taken over.
std::string obstacle(const AuditItem& item) {
  const auto stays = std::ranges::find_if(item.foreign, [](const ForeignPart& part) {
    return !changes_hands(part) && part.needed && !part.why.starts_with("AdoptionWaits");
  });
  if (stays == item.foreign.end()) return "it is not taken over as a whole";
  return fmt::format("{} stays as it is: {}", named(*stays), stays->why);
}

/// Asks for all of them; the generator takes over none before it sees the request on every one. Returns the error.
std::string ask_for(ClusterClient& cluster, const AuditItem& item, const std::string& when) {
  for (const ForeignPart& part : item.foreign | std::views::filter(changes_hands)) {
    Json::Value patch;
    patch["metadata"]["uid"] = part.uid;
    patch["metadata"]["annotations"][std::string(volsync::key::kAdoptRequested)] = when;
    const Answer answer = cluster.patch(volsync::resource(part.part), item.pvc.ns, part.name, patch);
    if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
      return fmt::format("{}: {}", named(part), error->text());
    }
  }
  return {};
}

/// How far it is with the objects that were asked for.
std::variant<Outcome, std::string> look_at_takeover(ClusterClient& cluster, const AuditItem& item) {
  for (const ForeignPart& part : item.foreign | std::views::filter(changes_hands)) {
    const Answer answer = cluster.object(volsync::resource(part.part), item.pvc.ns, part.name);
    const auto* error = std::get_if<kube::ApiError>(&answer);
    if (error != nullptr && !error->not_found()) return error->text();
    if (error != nullptr || text_at(std::get<Json::Value>(answer), {"metadata", "uid"}) != part.uid) {
      return Outcome{item.pvc, "failed", named(part) + " has gone meanwhile"};
    }
    const auto& object = std::get<Json::Value>(answer);
    if (text_at(object, {"metadata", "labels", volsync::key::kManagedBy}) == volsync::kManager) continue;
    if (text_at(object, {"metadata", "annotations", volsync::key::kAdoptRequested}).empty()) {
      return Outcome{item.pvc, "failed", "the request is not on " + named(part) + " any more"};
    }
    return fmt::format("{} waits for holdfast's generator; `holdfast why {}` says for what", named(part),
                       to_string(item.pvc));
  }
  const auto count = std::ranges::count_if(item.foreign, changes_hands);
  return Outcome{item.pvc, "adopted", fmt::format("{} object{} taken over", count, count == 1 ? "" : "s")};
}

}  // namespace

int plan_adoption(const Settings& settings, const AdoptRequest& request, Output output) {
  Look look_at(settings);
  std::string problem;
  const auto items = look_at_others(look_at, request, problem);
  if (!problem.empty()) look_at.log.warn("the plan is incomplete", {{"problem", problem}});
  print(output == Output::Text ? to_text(items) : render(to_value(items), output));
  if (!problem.empty()) return kCannotTell;
  return std::ranges::all_of(items, is_taken) ? kOk : kCheckFailed;
}

int apply_adoption(const Settings& settings, const AdoptRequest& request, Output output) {
  const auto deadline = deadline_in(request.timeout);
  Look look_at(settings);
  std::string problem;
  const auto items = look_at_others(look_at, request, problem);
  if (!problem.empty()) look_at.log.warn("not every PVC could be looked at", {{"problem", problem}});
  ClusterClient cluster(need_cluster(settings), look_at.log);
  const std::string now = core::format_nanoseconds(base::utc_now());
  std::vector<Outcome> outcomes;
  std::vector<Awaited> awaited;
  for (const AuditItem& item : items) {
    if (!is_taken(item)) {
      outcomes.push_back({item.pvc, "refused", obstacle(item)});
    } else if (std::string error = ask_for(cluster, item, now); !error.empty()) {
      outcomes.push_back({item.pvc, "unknown", std::move(error)});
    } else {
      awaited.emplace_back(item.pvc, [&cluster, &item] { return look_at_takeover(cluster, item); });
    }
  }
  await(std::move(awaited), deadline, outcomes);
  const int code = report(std::move(outcomes), output, "no PVC there has objects of others");
  return problem.empty() || code != kOk ? code : kCannotTell;
}

}  // namespace holdfast::cli
