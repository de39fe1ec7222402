// The words of the contract on a PVC's labels: what opts in, and what exempts. Admission (intent.hpp) and the objects
// that stand already (protection.hpp) read them here, so that the same label means the same.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/policy.hpp"
#include "holdfast/core/protection.hpp"
#include "holdfast/core/pvc.hpp"

namespace holdfast::core {

bool has_value(const StringMap& map, std::string_view key, std::string_view value);

/// Absent, or nothing but white space.
bool is_blank(const std::string* text);

enum class Exemption { None, WithReason, ReasonMissing };
Exemption exemption(const Pvc& pvc, const Policy& policy);

/// What a PVC's labels say under one contract.
struct OptIn {
  enum class Is {
    No,                   ///< the contract is off, or none of its labels
    NamespaceNotManaged,  ///< pvc-plumber-v4: asked for, where the namespace does not allow it
    ManageNotSet,         ///< pvc-plumber-v4: enabled, but manage-volsync is not "true"
    UnknownTier,          ///< asked for, with a tier that there is not
    Yes
  };
  Is is = Is::No;
  Tier tier = Tier::Daily;
  std::string_view label = {};  ///< that names the tier; of UnknownTier and Yes
  std::string value = {};       ///< the label's
};

OptIn opts_in_simple(const Pvc& pvc, const Policy& policy);
/// `namespace_managed`: the namespace carries its label, see is_managed().
OptIn opts_in_plumber(const Pvc& pvc, bool namespace_managed, const Policy& policy);

/// A label that asks for backups by a contract that is off.
struct OffLabel {
  std::string_view label;
  std::string_view contract;  ///< its name in the setting `contracts`
};
std::optional<OffLabel> label_of_contract_off(const Pvc& pvc, const Policy& policy);

/// Whether a namespace with these labels is a managed one of pvc-plumber-v4.
bool is_managed(const StringMap& namespace_labels);

}  // namespace holdfast::core
