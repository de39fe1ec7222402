#include "holdfast/volsync/family.hpp"

namespace holdfast::volsync {
namespace {

constexpr std::string_view kOffsite = "holdfast-offsite-";

std::string stripped(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size()) return {};
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  return std::string(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
}

}  // namespace

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
      return Family::Destinations;
    case Part::Source:
    case Part::OffsiteSource:
      return Family::Sources;
    default:
      return Family::Secrets;
  }
}

core::PvcName made_for(const core::Observed& object) {
  const core::Meta& meta = object.meta;
  // What the garbage collector goes by comes first: an annotation that somebody edits must not make an orphan of an
  // object whose PVC lives, which would be deleted in the middle of a backup.
  for (const auto& owner : meta.owners) {
    if (owner.kind == "PersistentVolumeClaim") return {meta.ns, owner.name};
  }
  if (const std::string* name = core::lookup(meta.annotations, key::kPvc)) return {meta.ns, *name};
  if (const std::string* name = core::lookup(meta.labels, key::kPvcLabel)) return {meta.ns, *name};
  return {meta.ns, ""};
}

std::vector<std::string> pvcs_by_name(Family family, core::Naming naming, const std::string& name) {
  const bool v4 = naming == core::Naming::V4;
  switch (family) {
    case Family::Secrets:
      return {stripped(name, "volsync-", ""), stripped(name, kOffsite, "")};
    case Family::Destinations:
      return {stripped(name, "", v4 ? "-dst" : "-backup"), stripped(name, "", "-restore")};
    case Family::Sources:
      return {v4 ? name : stripped(name, "", "-backup"), stripped(name, kOffsite, "")};
  }
  return {};
}

std::string pvc_by_run_volume(const std::string& name) { return stripped(name, "volsync-", "-restore-dest"); }

}  // namespace holdfast::volsync
