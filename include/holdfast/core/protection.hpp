// Whether a PVC that exists is to be backed up. Admission asks what may be created (intent.hpp); this is the same
// contract for what stands already.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/policy.hpp"
#include "holdfast/core/pvc.hpp"

namespace holdfast::core {

enum class Tier { Hourly, Daily };
std::string_view to_string(Tier tier);

struct Protection {
  enum class Why {
    Protected,
    NotOptedIn,            ///< none of our labels
    NamespaceExcluded,     ///< by the policy
    NamespaceNotManaged,   ///< pvc-plumber-v4: the namespace's label is missing
    ManageNotSet,          ///< pvc-plumber-v4: enabled, but the label manage-volsync is not "true"
    ContractOff,           ///< its labels are of a contract that the setting `contracts` does not name
    UnknownTier,           ///< the label's value names no tier
    Exempt,                ///< with a reason
    ExemptReasonMissing,   ///< exempt without a reason: what exists stays as it is, nothing is made or taken away
    UnsupportedVolumeMode  ///< volumeMode: Block
  };
  Why why = Why::NotOptedIn;
  Tier tier = Tier::Daily;  ///< of a protected one
  bool protects() const { return why == Why::Protected; }
};

/// `namespace_labels` nullopt: not known, which counts as not managed here: nothing is written on a guess.
Protection protection(const Pvc& pvc, const std::optional<StringMap>& namespace_labels, const Policy& policy);

/// The word for lists and pages: "protected", "exempt", or why it is skipped, in the words of pvc-plumber v4:
/// "skipped-not-opted-in", "skipped-namespace-not-managed", "skipped-namespace-excluded", "skipped-unknown-tier", ….
std::string_view to_string(Protection::Why why);

}  // namespace holdfast::core
