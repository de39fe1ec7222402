#include <fmt/format.h>

#include "holdfast/generator/desired.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kMaxObjectNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

std::string object_name(std::string_view prefix, std::string_view pvc, std::string_view suffix = {}) {
  return core::shortened(fmt::format("{}{}{}", prefix, pvc, suffix), kMaxObjectNameBytes);
}

}  // namespace

std::string_view to_string(Part part) {
  switch (part) {
    case Part::Secret:
      return "secret";
    case Part::Door:
      return "door";
    case Part::Run:
      return "run";
    case Part::Source:
      return "source";
    case Part::OffsiteSecret:
      return "offsite-secret";
    case Part::OffsiteSource:
      return "offsite-source";
    case Part::MaintenanceSecret:
      return "maintenance-secret";
    case Part::Maintenance:
      return "maintenance";
    case Part::CleanupPolicy:
      return "cleanup-policy";
  }
  return "unknown";
}

const kube::Resource& resource(Part part) {
  switch (part) {
    case Part::Door:
    case Part::Run:
      return kube::kReplicationDestinations;
    case Part::Source:
    case Part::OffsiteSource:
      return kube::kReplicationSources;
    case Part::Maintenance:
      return kube::kKopiaMaintenances;
    case Part::CleanupPolicy:
      return kube::kClusterCleanupPolicies;
    case Part::Secret:
    case Part::OffsiteSecret:
    case Part::MaintenanceSecret:
      break;
  }
  return kube::kExternalSecrets;
}

Names names(core::Naming naming, std::string_view pvc) {
  Names found;
  found.secret = object_name("volsync-", pvc);
  found.door = core::destination_name(naming, pvc);
  found.run = object_name("", pvc, "-restore");
  found.source = naming == core::Naming::V4 ? object_name("", pvc) : object_name("", pvc, "-backup");
  // A prefix that no other name here begins with: "volsync-x-offsite" would be the secret of a PVC "x-offsite".
  found.offsite_secret = found.offsite_source = object_name("holdfast-offsite-", pvc);
  return found;
}

const std::string& Names::of(Part part) const {
  static const std::string none;
  switch (part) {
    case Part::Secret:
      return secret;
    case Part::Door:
      return door;
    case Part::Run:
      return run;
    case Part::Source:
      return source;
    case Part::OffsiteSecret:
      return offsite_secret;
    case Part::OffsiteSource:
      return offsite_source;
    case Part::MaintenanceSecret:
    case Part::Maintenance:
    case Part::CleanupPolicy:
      break;
  }
  return none;
}

std::string pvc_label(std::string_view pvc) { return core::shortened(pvc, kMaxLabelBytes); }

}  // namespace holdfast::generator
