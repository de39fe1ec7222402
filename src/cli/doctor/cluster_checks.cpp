#include <fmt/format.h>

#include <set>

#include "holdfast/base/clock.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

constexpr const char* kDefaultClass = "snapshot.storage.kubernetes.io/is-default-class";
constexpr const char* kLeaseName = "holdfast";

/// Names that the layers of backup settings give, of one field.
std::set<std::string> named(const volsync::Options& options, std::optional<std::string> volsync::BackupLayer::*field) {
  std::set<std::string> names;
  if (options.backup.*field) names.insert(*(options.backup.*field));
  for (const auto& [storage_class, layer] : options.classes) {
    if (layer.*field) names.insert(*(layer.*field));
  }
  return names;
}

void look_for(ClusterClient& cluster, const kube::Resource& resource, const std::string& name, Part& part) {
  const Answer answer = cluster.object(resource, "", name);
  const auto* error = std::get_if<kube::ApiError>(&answer);
  if (error == nullptr) return;
  const std::string what = fmt::format("{} {}", resource.kind, name);
  if (error->not_found()) return part.fail(what + " does not exist", "create it, or change generator.backup");
  part.unknown(fmt::format("{}: {}", what, error->message), kLookElsewhere);
}

/// Where no class is named, snapshots are of the cluster's default.
void look_for_default(ClusterClient& cluster, Part& part) {
  const Answer answer = cluster.list(kube::kVolumeSnapshotClasses);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    return part.unknown(fmt::format("{} cannot be listed: {}", kube::kVolumeSnapshotClasses.plural, error->message),
                        kLookElsewhere);
  }
  for (const Json::Value& item : at(std::get<Json::Value>(answer), {"items"})) {
    if (text_at(item, {"metadata", "annotations", kDefaultClass}) == "true") return;
  }
  part.warn("no VolumeSnapshotClass is the default, and the settings name none",
            "set generator.backup.volumeSnapshotClassName");
}

std::string holder_of(const Json::Value& lease) { return text_at(lease, {"spec", "holderIdentity"}); }

/// Clocks differ: a renewal counts as missed only after several times of what was promised.
bool is_stale(const Json::Value& lease, core::Time now) {
  const auto renewed = core::parse_rfc3339(text_at(lease, {"spec", "renewTime"}));
  const Json::Value& duration = at(lease, {"spec", "leaseDurationSeconds"});
  return renewed && duration.isInt() && now - *renewed > 4 * std::chrono::seconds(duration.asInt());
}

}  // namespace

bool check_cluster(ClusterClient& cluster, const std::string& host, Part part) {
  const Answer answer = cluster.page("/version");
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    if (error->forbidden()) {
      part.fail(fmt::format("{} does not let us in: {}", host, error->message), "renew the credentials");
    } else {
      part.unknown(fmt::format("{} does not answer: {}", host, error->message),
                   "see that the API server can be reached");
    }
    return false;
  }
  part.ok(fmt::format("{} is {}", host, text_at(std::get<Json::Value>(answer), {"gitVersion"})));
  return true;
}

void check_storage(const Settings& settings, ClusterClient& cluster, Part part) {
  const volsync::Options& options = settings.generator;
  if (!options.enabled) return part.ok("not needed: the generator is off");
  std::set<std::string> classes = named(options, &volsync::BackupLayer::storage_class);
  classes.merge(named(options, &volsync::BackupLayer::cache_storage_class));
  for (const auto& [storage_class, layer] : options.classes) classes.insert(storage_class);
  for (const std::string& name : classes) look_for(cluster, kube::kStorageClasses, name, part);
  const std::set<std::string> snapshots = named(options, &volsync::BackupLayer::snapshot_class);
  for (const std::string& name : snapshots) look_for(cluster, kube::kVolumeSnapshotClasses, name, part);
  if (!options.backup.snapshot_class) look_for_default(cluster, part);
  if (part.silent()) part.ok("the classes that are named exist");
}

void check_leader(const Settings& settings, ClusterClient& cluster, core::Time now, Part part) {
  const std::string& ns = settings.generator.own_namespace;
  if (!settings.generator.enabled) return part.ok("not needed: the generator is off");
  if (ns.empty()) return part.unknown("holdfast's own namespace is not known", "set POD_NAMESPACE");
  const Answer answer = cluster.object(kube::kLeases, ns, kLeaseName);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    if (!error->not_found()) return part.unknown(error->message, kLookElsewhere);
    return part.warn(fmt::format("there is no Lease {}/{}: nobody has written yet", ns, kLeaseName), "start holdfast");
  }
  const Json::Value& lease = std::get<Json::Value>(answer);
  if (holder_of(lease).empty()) return part.warn("nobody holds the Lease", "see that a holdfast runs");
  if (is_stale(lease, now)) {
    return part.warn(fmt::format("{} holds the Lease and does not renew it", holder_of(lease)),
                     "see that a holdfast runs");
  }
  part.ok(holder_of(lease));
}

}  // namespace holdfast::cli::diagnosis
