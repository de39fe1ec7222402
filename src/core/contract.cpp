#include "src/core/contract.hpp"

#include <algorithm>

namespace holdfast::core {
namespace {

std::optional<Tier> parse_tier(std::string_view value) {
  for (const Tier tier : {Tier::Hourly, Tier::Daily}) {
    if (value == to_string(tier)) return tier;
  }
  return std::nullopt;
}

OptIn tier_label(const Pvc& pvc, std::string_view label) {
  const std::string* value = lookup(pvc.labels, label);
  if (value == nullptr) return {};
  const auto tier = parse_tier(*value);
  if (!tier) return {OptIn::Is::UnknownTier, {}, label, *value};
  return {OptIn::Is::Yes, *tier, label, *value};
}

}  // namespace

bool has_value(const StringMap& map, std::string_view key, std::string_view value) {
  const std::string* found = lookup(map, key);
  return found != nullptr && *found == value;
}

bool is_blank(const std::string* text) {
  return text == nullptr || text->find_first_not_of(" \t\r\n") == std::string::npos;
}

Exemption exemption(const Pvc& pvc, const Policy& policy) {
  if (!has_value(pvc.labels, key::kBackupExempt, "true")) return Exemption::None;
  const auto keys = exempt_reason_keys(policy);
  const auto gives = [&](const std::string& key) { return !is_blank(lookup(pvc.annotations, key)); };
  return std::ranges::any_of(keys, gives) ? Exemption::WithReason : Exemption::ReasonMissing;
}

OptIn opts_in_simple(const Pvc& pvc, const Policy& policy) {
  return policy.simple_contract ? tier_label(pvc, key::kBackup) : OptIn{};
}

OptIn opts_in_plumber(const Pvc& pvc, bool namespace_managed, const Policy& policy) {
  if (!policy.plumber_contract || !has_value(pvc.labels, key::kPlumberEnabled, "true")) return {};
  if (!namespace_managed) return {.is = OptIn::Is::NamespaceNotManaged};
  if (!has_value(pvc.labels, key::kPlumberManage, "true")) return {.is = OptIn::Is::ManageNotSet};
  return tier_label(pvc, key::kPlumberTier);
}

std::optional<OffLabel> label_of_contract_off(const Pvc& pvc, const Policy& policy) {
  if (!policy.plumber_contract && has_value(pvc.labels, key::kPlumberEnabled, "true")) {
    return OffLabel{key::kPlumberEnabled, "pvc-plumber-v4"};
  }
  // Others use a label of that name too, for what is no tier.
  const std::string* tier = lookup(pvc.labels, key::kBackup);
  if (!policy.simple_contract && tier != nullptr && parse_tier(*tier)) return OffLabel{key::kBackup, "simple"};
  return std::nullopt;
}

bool is_managed(const StringMap& namespace_labels) {
  return has_value(namespace_labels, key::kPlumberNamespace, "true");
}

}  // namespace holdfast::core
