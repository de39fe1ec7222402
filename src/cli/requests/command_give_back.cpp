// `adopt --undo`: what was taken over becomes what it was.
#include <fmt/format.h>

#include <map>
#include <stdexcept>

#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/cluster_client.hpp"
#include "src/cli/output.hpp"
#include "src/cli/requests/outcomes.hpp"

namespace holdfast::cli {
namespace {

/// One object of holdfast's that was somebody else's before.
struct Taken {
  kube::Resource resource;
  core::Observed object;
  std::variant<Json::Value, std::string> patch;  ///< or why there is none
};
using TakenByPvc = std::map<core::PvcName, std::vector<Taken>>;

/// The source first, as it was taken over: it may be refused because its mover has begun.
constexpr kube::Resource kKinds[] = {kube::kReplicationSources, kube::kReplicationDestinations, kube::kExternalSecrets};

/// Throws std::runtime_error where it cannot be read.
Taken taken(const kube::Resource& resource, const Json::Value& item) {
  return {resource, observed_in(item), volsync::give_back_patch(item)};
}

/// Throws std::runtime_error where the API server does not say.
void collect(ClusterClient& cluster, const kube::Resource& resource, const Scope& scope, TakenByPvc& found) {
  const Answer answer = cluster.list_ours(resource, scope.ns);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    if (error->not_found()) return;  // without the kind there is none of it
    throw std::runtime_error(fmt::format("{} cannot be listed: {}", resource.plural, error->text()));
  }
  for (const Json::Value& item : json::at(std::get<Json::Value>(answer), {"items"})) {
    if (text_at(item, {"metadata", "annotations", volsync::key::kAdoptedFrom}).empty()) continue;
    Taken one = taken(resource, item);
    const core::PvcName pvc = volsync::made_for(one.object);
    if (scope.has(pvc)) found[pvc].push_back(std::move(one));
  }
}

std::string named(const Taken& taken) { return fmt::format("{} {}", taken.resource.kind, taken.object.meta.name); }

/// Why none of a PVC's objects is given back now; empty: all can be.
std::string obstacle(const std::vector<Taken>& all) {
  for (const Taken& one : all) {
    if (const auto* why = std::get_if<std::string>(&one.patch)) return fmt::format("{}: {}", named(one), *why);
    if (one.object.meta.deleting) return named(one) + " is being deleted";
    if (volsync::is_synchronizing(one.object)) {
      return named(one) + " is being worked on by a mover, which a change would end; try again when that is done";
    }
    if (one.object.status.image) {
      return named(one) + " is what a PVC is just being restored from; try again when that is done";
    }
  }
  return {};
}

/// What a PVC that waits is restored from must stay ours: it would be filled from what nobody verified. Empty: it does
/// not wait.
std::string waiting(ClusterClient& cluster, const core::PvcName& pvc) {
  const Answer answer = cluster.object(kube::kClaims, pvc.ns, pvc.name);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) return error->not_found() ? "" : error->text();
  if (text_at(std::get<Json::Value>(answer), {"status", "phase"}) != "Pending") return {};
  return "the PVC waits to be filled; try again when it is Bound";
}

/// Once more from what is there now where that has changed since it was listed.
Answer give_back(ClusterClient& cluster, const Taken& one) {
  const core::Meta& meta = one.object.meta;
  Answer answer = cluster.patch(one.resource, meta.ns, meta.name, std::get<Json::Value>(one.patch));
  const auto* error = std::get_if<kube::ApiError>(&answer);
  if (error == nullptr || !error->conflict()) return answer;
  const Answer now = cluster.object(one.resource, meta.ns, meta.name);
  if (std::holds_alternative<kube::ApiError>(now)) return answer;
  const Taken again = taken(one.resource, std::get<Json::Value>(now));
  if (again.object.meta.uid != meta.uid || !obstacle({again}).empty()) return answer;
  return cluster.patch(one.resource, meta.ns, meta.name, std::get<Json::Value>(again.patch));
}

Outcome give_back(ClusterClient& cluster, const core::PvcName& pvc, const std::vector<Taken>& all) {
  std::string why = obstacle(all);
  if (why.empty()) why = waiting(cluster, pvc);
  if (!why.empty()) return {pvc, "refused", std::move(why)};
  for (const Taken& one : all) {
    const Answer answer = give_back(cluster, one);
    if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
      return {pvc, "unknown",
              fmt::format("{}: {}; give the rest back with the same command", named(one), error->text())};
    }
  }
  return {pvc, "given back", fmt::format("{} object{} as before", all.size(), all.size() == 1 ? "" : "s")};
}

}  // namespace

int undo_adoption(const Settings& settings, const AdoptRequest& request, Output output) {
  const Scope scope = read_scope(request.scope);
  if (settings.generator.adopt == volsync::Adopts::Predecessors) {
    throw SettingsError("generator.adopt is true: what is given back would be taken over again; set it to false first");
  }
  const ops::Logger log = command_log(settings);
  ClusterClient cluster(need_cluster(settings), log);
  TakenByPvc taken;
  for (const kube::Resource& resource : kKinds) collect(cluster, resource, scope, taken);
  std::vector<Outcome> outcomes;
  for (const auto& [pvc, objects] : taken) outcomes.push_back(give_back(cluster, pvc, objects));
  return report(std::move(outcomes), output, "nothing there was taken over");
}

}  // namespace holdfast::cli
