#include <fmt/format.h>

#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {
namespace {

constexpr std::size_t kMaxObjectNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;
/// One that no other name here begins with: "volsync-x-offsite" would be the secret of a PVC "x-offsite".
constexpr std::string_view kOffsite = "holdfast-offsite-";

std::string object_name(std::string_view prefix, std::string_view pvc, std::string_view suffix = {}) {
  return core::shortened(fmt::format("{}{}{}", prefix, pvc, suffix), kMaxObjectNameBytes);
}

std::string stripped(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size()) return {};
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  return std::string(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
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
  static constexpr std::string_view kWords[] = {"secret",         "destination",    "run",        "source",
                                                "offsite-secret", "offsite-source", "drill",      "maintenance-secret",
                                                "maintenance",    "cleanup-policy", "secret-copy"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(Part::SecretCopy) + 1);
  return kWords[static_cast<std::size_t>(part)];
}

const kube::Resource& resource(Part part) {
  if (part == Part::Maintenance) return kube::kKopiaMaintenances;
  if (part == Part::CleanupPolicy) return kube::kClusterCleanupPolicies;
  if (part == Part::SecretCopy) return kube::kSecrets;
  return resource(family(part));
}

const kube::Resource& resource(Family family) {
  switch (family) {
    case Family::Secrets:
      return kube::kExternalSecrets;
    case Family::Destinations:
      return kube::kReplicationDestinations;
    case Family::Sources:
      break;
  }
  return kube::kReplicationSources;
}

Family family(Part part) {
  switch (part) {
    case Part::Destination:
    case Part::RestoreRun:
    case Part::Drill:
      return Family::Destinations;
    case Part::Source:
    case Part::OffsiteSource:
      return Family::Sources;
    default:
      return Family::Secrets;
  }
}

std::string secret_name(const SecretOptions& options, const core::PvcName& pvc) {
  return core::shortened(core::expand(options.name, pvc), kMaxObjectNameBytes);
}

Names names(core::Naming naming, std::string_view pvc) {
  Names found;
  found.secret = object_name("volsync-", pvc);
  found.destination = core::destination_name(naming, pvc);
  found.run = object_name("", pvc, "-restore");
  found.source = naming == core::Naming::V4 ? object_name("", pvc) : object_name("", pvc, "-backup");
  found.offsite_secret = found.offsite_source = object_name(kOffsite, pvc);
  found.drill = object_name("", pvc, "-drill");
  return found;
}

const std::string& Names::of(Part part) const {
  static const std::string kNone;
  static constexpr std::string Names::*kByPart[] = {&Names::secret, &Names::destination,    &Names::run,
                                                    &Names::source, &Names::offsite_secret, &Names::offsite_source,
                                                    &Names::drill};
  const auto index = static_cast<std::size_t>(part);
  return index < std::size(kByPart) ? this->*kByPart[index] : kNone;
}

std::vector<std::string> pvcs_by_name(Family family, core::Naming naming, const std::string& name) {
  const bool v4 = naming == core::Naming::V4;
  switch (family) {
    case Family::Secrets:
      return {stripped(name, "volsync-", ""), stripped(name, kOffsite, "")};
    case Family::Destinations:
      return {stripped(name, "", v4 ? "-dst" : "-backup"), stripped(name, "", "-restore"),
              stripped(name, "", "-drill")};
    case Family::Sources:
      return {v4 ? name : stripped(name, "", "-backup"), stripped(name, kOffsite, "")};
  }
  return {};
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
std::string pvc_by_run_volume(const std::string& name) { return stripped(name, "volsync-", "-restore-dest"); }
std::string temporary_volume_name(std::string_view source) { return fmt::format("volsync-{}-src", source); }

}  // namespace holdfast::volsync
