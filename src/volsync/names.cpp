#include <fmt/format.h>

#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {
namespace {

constexpr std::size_t kMaxObjectNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

std::string object_name(std::string_view prefix, std::string_view pvc, std::string_view suffix = {}) {
  return core::shortened(fmt::format("{}{}{}", prefix, pvc, suffix), kMaxObjectNameBytes);
}

/// As Go's hash/crc32.ChecksumIEEE: polynomial 0xedb88320, bits reflected.
std::uint32_t ieee_crc32(std::string_view text) {
  std::uint32_t crc = 0xffff'ffff;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb8'8320 : 0);
  }
  return ~crc;
}

}  // namespace

std::string_view to_string(Part part) {
  switch (part) {
    case Part::Secret:
      return "secret";
    case Part::Destination:
      return "destination";
    case Part::RestoreRun:
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
    case Part::Destination:
    case Part::RestoreRun:
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
  found.destination = core::destination_name(naming, pvc);
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
    case Part::Destination:
      return destination;
    case Part::RestoreRun:
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

std::string mover_job_name(Part part, std::string_view object) {
  const kube::Resource& kind = resource(part);
  if (kind != kube::kReplicationSources && kind != kube::kReplicationDestinations) return {};
  const std::string_view prefix = kind == kube::kReplicationSources ? "volsync-src-" : "volsync-dst-";
  if (prefix.size() + object.size() <= kMaxLabelBytes) return std::string(prefix).append(object);
  return fmt::format("{}{:08x}", prefix, ieee_crc32(object));
}

std::string run_volume_name(std::string_view run) { return fmt::format("volsync-{}-dest", run); }
std::string temporary_volume_name(std::string_view source) { return fmt::format("volsync-{}-src", source); }

}  // namespace holdfast::volsync
