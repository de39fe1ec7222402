#include "holdfast/core/policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/core/pvc.hpp"

namespace holdfast::core {
namespace {

constexpr std::size_t kMaxObjectNameBytes = 253;
constexpr std::size_t kHashBytes = 16;

/// FNV-1a: names are no secret, they only must differ.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (unsigned char c : text) value = (value ^ c) * 0x100000001b3;
  return value;
}

}  // namespace

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::Enforce:
      return "enforce";
    case Mode::Strict:
      return "strict";
    case Mode::Permissive:
      return "permissive";
    case Mode::Audit:
      return "audit";
  }
  return "enforce";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Deny:
      return "deny";
    case Severity::Warn:
      return "warn";
    case Severity::Off:
      return "off";
  }
  return "deny";
}

std::string_view to_string(Naming naming) { return naming == Naming::V4 ? "v4" : "legacy-backup"; }

std::string_view to_string(Webhook webhook) { return webhook == Webhook::Mutate ? "mutate" : "validate"; }

Naming other(Naming naming) { return naming == Naming::V4 ? Naming::LegacyBackup : Naming::V4; }

const IdentityTemplate& naming_template(Naming naming) {
  static const IdentityTemplate kV4 = IdentityTemplate::parse("{pvc}@{namespace}:/data").value();
  static const IdentityTemplate kLegacyBackup = IdentityTemplate::parse("{pvc}-backup@{namespace}:/data").value();
  return naming == Naming::V4 ? kV4 : kLegacyBackup;
}

std::vector<IdentityTemplate> identity_templates(const Policy& policy) {
  if (!policy.identities.empty()) return policy.identities;
  return {naming_template(policy.naming)};
}

std::vector<IdentityTemplate> every_template(const Policy& policy) {
  std::vector<IdentityTemplate> all = identity_templates(policy);
  for (const Naming naming : {policy.naming, other(policy.naming)}) {
    const IdentityTemplate& its = naming_template(naming);
    if (std::ranges::find(all, its) == all.end()) all.push_back(its);
  }
  return all;
}

std::vector<std::string> exempt_reason_keys(const Policy& policy) {
  if (!policy.exempt_reason_annotations.empty()) return policy.exempt_reason_annotations;
  return {std::string(key::kBackupExemptReason)};
}

std::string shortened(std::string_view name, std::size_t max_bytes) {
  if (name.size() <= max_bytes) return std::string(name);
  const std::string_view prefix = name.substr(0, max_bytes - kHashBytes - 1);
  // A '.' must not stand before the '-'.
  return fmt::format("{}-{:016x}", prefix.substr(0, prefix.find_last_not_of(".-_") + 1), hash(name));
}

std::string destination_name(Naming naming, std::string_view pvc_name) {
  return shortened(std::string(pvc_name) + (naming == Naming::V4 ? "-dst" : "-backup"), kMaxObjectNameBytes);
}

}  // namespace holdfast::core
