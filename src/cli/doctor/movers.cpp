// Whom movers run as: what the settings ask for, what the repository stands, and what namespaces make of it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "holdfast/core/protection.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/run_as.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

bool is_set_to_auto(const volsync::Options& options) {
  return volsync::is_automatic(options.backup) || std::ranges::any_of(options.classes, [](const auto& of_class) {
           return volsync::is_automatic(of_class.second);
         });
}

/// Protected PVCs, by what they mean for movers.
struct Protected {
  std::set<std::string> namespaces;
  std::size_t automatic = 0;  ///< with the annotation run-as: auto
};

Protected read_protected(const Json::Value& claims, const core::Policy& policy) {
  Protected found;
  for (const Json::Value& item : at(claims, {"items"})) {
    const auto read = json::read_claim(json::write_tree(item));
    const auto* claim = std::get_if<core::Claim>(&read);
    if (claim == nullptr || !core::protection(claim->pvc, std::nullopt, policy).protects()) continue;
    found.namespaces.insert(claim->pvc.ns);
    const std::string* run_as = core::lookup(claim->pvc.annotations, volsync::key::kRunAs);
    if (run_as != nullptr && *run_as == "auto") ++found.automatic;
  }
  return found;
}

void check_auto(const volsync::Options& options, const Protected& pvcs, Part& part) {
  if (!is_set_to_auto(options) && pvcs.automatic == 0) return;
  if (!volsync::takes_any_user(options.repository)) {
    part.warn(
        "moverSecurityContext auto finds out groups alone: in this repository a file is readable by the user only that "
        "wrote it, so all movers stay one user",
        "set generator.repository.allSquash: true where an NFS server makes one user of all; else this is as it must "
        "be");
  }
  if (!options.pod_insight) {
    part.warn(
        "moverSecurityContext auto finds out nothing for backups: pods are not watched, and movers run as the "
        "settings say",
        "add the component pod-insight, which sets generator.podInsight");
  }
}

void check_privileges(const volsync::Options& options, const Json::Value& namespaces, const Protected& pvcs,
                      Part& part) {
  std::set<std::string> privileged, others = pvcs.namespaces;
  for (const Json::Value& item : at(namespaces, {"items"})) {
    const std::string name = text_at(item, {"metadata", "name"});
    const std::string annotation = text_at(item, {"metadata", "annotations", volsync::key::kPrivilegedMovers});
    if (volsync::gives_privileges(annotation) && others.erase(name) > 0) privileged.insert(name);
  }
  if (privileged.empty() || others.empty() || volsync::takes_any_user(options.repository)) return;
  part.fail(fmt::format("movers of {} run as root ({}: \"true\"), those of {} do not: what one side writes into the "
                        "repository the other cannot read, and holdfast reads one side's only",
                        few_of(privileged), volsync::key::kPrivilegedMovers, few_of(others)),
            "give the annotation to all namespaces that share the repository, or to none");
}

}  // namespace

void check_movers(const Settings& settings, ClusterClient& cluster, Part part) {
  if (!settings.generator.enabled) return part.ok("not needed: the generator is off");
  const Answer claims = cluster.list(kube::kClaims);
  if (const auto* error = std::get_if<kube::ApiError>(&claims)) return part.unknown(error->message, "try again");
  const Answer namespaces = cluster.list(kube::kNamespaces);
  if (const auto* error = std::get_if<kube::ApiError>(&namespaces)) return part.unknown(error->message, "try again");
  const Protected pvcs = read_protected(std::get<Json::Value>(claims), settings.policy);
  check_auto(settings.generator, pvcs, part);
  check_privileges(settings.generator, std::get<Json::Value>(namespaces), pvcs, part);
  if (part.silent()) part.ok("they can read what each other writes");
}

}  // namespace holdfast::cli::diagnosis
