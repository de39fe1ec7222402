#include "holdfast/core/protection.hpp"

#include "src/core/contract.hpp"

namespace holdfast::core {
namespace {

using Why = Protection::Why;

Why why_not(OptIn::Is opt_in) {
  switch (opt_in) {
    case OptIn::Is::NamespaceNotManaged:
      return Why::NamespaceNotManaged;
    case OptIn::Is::ManageNotSet:
      return Why::ManageNotSet;
    case OptIn::Is::UnknownTier:
      return Why::UnknownTier;
    default:
      return Why::NotOptedIn;
  }
}

/// Either contract opts in. Where none does, the first that was meant says why not.
OptIn opts_in(const Pvc& pvc, bool namespace_managed, const Policy& policy) {
  OptIn simple = opts_in_simple(pvc, policy);
  if (simple.is == OptIn::Is::Yes) return simple;
  const OptIn plumber = opts_in_plumber(pvc, namespace_managed, policy);
  return plumber.is == OptIn::Is::Yes || simple.is == OptIn::Is::No ? plumber : simple;
}

}  // namespace

Protection protection(const Pvc& pvc, const std::optional<StringMap>& namespace_labels, const Policy& policy) {
  const Exemption exempt = exemption(pvc, policy);
  if (policy.excluded_namespaces.contains(pvc.ns)) return {.why = Why::NamespaceExcluded};
  if (exempt == Exemption::ReasonMissing) return {.why = Why::ExemptReasonMissing};
  if (exempt == Exemption::WithReason) return {.why = Why::Exempt};
  const OptIn opt_in = opts_in(pvc, namespace_labels && is_managed(*namespace_labels), policy);
  if (opt_in.is == OptIn::Is::No && label_of_contract_off(pvc, policy)) return {.why = Why::ContractOff};
  if (opt_in.is != OptIn::Is::Yes) return {.why = why_not(opt_in.is)};
  if (pvc.volume_mode == "Block") return {.why = Why::UnsupportedVolumeMode};
  return {Why::Protected, opt_in.tier};
}

std::string_view to_string(Tier tier) { return tier == Tier::Hourly ? "hourly" : "daily"; }

std::string_view to_string(Protection::Why why) {
  switch (why) {
    case Why::Protected:
      return "protected";
    case Why::NotOptedIn:
    case Why::ManageNotSet:  // to pvc-plumber v4 it is one of the labels that opt in
      return "skipped-not-opted-in";
    case Why::NamespaceExcluded:
      return "skipped-namespace-excluded";
    case Why::NamespaceNotManaged:
      return "skipped-namespace-not-managed";
    case Why::ContractOff:
      return "skipped-contract-off";
    case Why::UnknownTier:
      return "skipped-unknown-tier";
    case Why::Exempt:
      return "exempt";
    case Why::ExemptReasonMissing:
      return "skipped-exempt-reason-missing";
    case Why::UnsupportedVolumeMode:
      return "skipped-unsupported-volume-mode";
  }
  return "skipped-not-opted-in";
}

}  // namespace holdfast::core
