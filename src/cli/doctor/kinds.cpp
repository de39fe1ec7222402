#include <fmt/format.h>

#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

constexpr std::string_view kVolSync = "/apis/volsync.backube/v1alpha1";

/// Adds a finding where a resource is not served; false then.
bool has_kind(ClusterClient& cluster, const std::string& page, std::string_view plural, const std::string& advice,
              Part& part) {
  const Answer answer = cluster.page(page);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    if (error->not_found()) {
      part.fail(fmt::format("{} is not served", page.substr(std::string_view("/apis/").size())), advice);
    } else {
      part.unknown(fmt::format("{}: {}", page, error->message), "try again");
    }
    return false;
  }
  for (const Json::Value& resource : at(std::get<Json::Value>(answer), {"resources"})) {
    if (text_at(resource, {"name"}) == plural) return true;
  }
  part.fail(fmt::format("{} is not served in {}", plural, page), advice);
  return false;
}

/// Whether the schema of ReplicationSource knows the kopia mover.
bool mentions_kopia(const Json::Value& openapi) {
  const Json::Value& schemas = at(openapi, {"components", "schemas"});
  if (!schemas.isObject()) return false;
  for (const std::string& name : schemas.getMemberNames()) {
    if (!name.ends_with(".ReplicationSource")) continue;
    return at(schemas[name], {"properties", "spec", "properties", "kopia"}).isObject();
  }
  return false;
}

void check_kopia_mover(ClusterClient& cluster, Part& part) {
  const Answer schema = cluster.page(fmt::format("/openapi/v3{}", kVolSync));
  if (const auto* error = std::get_if<kube::ApiError>(&schema)) {
    return part.unknown("the schema of VolSync's objects cannot be read: " + error->message, "try again");
  }
  if (mentions_kopia(std::get<Json::Value>(schema))) return;
  part.fail("this VolSync has no kopia mover", "install the fork with the kopia mover, its definitions too");
}

}  // namespace

void check_kinds(const Settings& settings, ClusterClient& cluster, Part part) {
  const volsync::Options& options = settings.generator;
  const std::string volsync(kVolSync), advice = "install VolSync, the fork with the kopia mover";
  const bool sources = has_kind(cluster, volsync, "replicationsources", advice, part);
  if (sources && has_kind(cluster, volsync, "replicationdestinations", advice, part)) {
    check_kopia_mover(cluster, part);
    if (options.enabled && options.maintenance.enabled) {
      has_kind(cluster, volsync, "kopiamaintenances",
               "install its definition, or set generator.maintenance.enabled: false", part);
    }
  }
  if (options.enabled && (options.secret.writes_external() || options.offsite.enabled)) {
    has_kind(cluster, "/apis/external-secrets.io/v1", "externalsecrets", "install External Secrets", part);
  }
  if (options.enabled && options.kyverno_cleanup) {
    has_kind(cluster, "/apis/kyverno.io/v2", "clustercleanuppolicies",
             "install kyverno, or set generator.cleanup: builtin", part);
  }
  has_kind(cluster, "/apis/snapshot.storage.k8s.io/v1", "volumesnapshots",
           "install the definitions and the controller of volume snapshots", part);
  if (part.silent()) part.ok("everything that is written can be, and VolSync has the kopia mover");
}

}  // namespace holdfast::cli::diagnosis
