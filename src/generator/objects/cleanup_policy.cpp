#include "src/generator/objects/cleanup_policy.hpp"

#include <fmt/format.h>

#include "src/generator/objects/draft.hpp"

namespace holdfast::generator {
namespace {

constexpr std::string_view kName = "volsync-orphan-cleanup";
constexpr std::string_view kSchedule = "*/15 * * * *";
constexpr std::string_view kPvcs = "protectedPvcs";

/// JMESPath: whether a PVC of a list has opted in, by the contracts that are on.
std::string opted_in(const core::Policy& policy) {
  std::string simple, plumber;
  if (policy.simple_contract) {
    simple =
        fmt::format("metadata.labels.\"{0}\" == 'hourly' || metadata.labels.\"{0}\" == 'daily'", core::key::kBackup);
  }
  if (policy.plumber_contract) {
    plumber = fmt::format("metadata.labels.\"{}\" == 'true' && metadata.labels.\"{}\" == 'true'",
                          core::key::kPlumberEnabled, core::key::kPlumberManage);
  }
  if (simple.empty()) return plumber.empty() ? "`false`" : plumber;
  return plumber.empty() ? simple : fmt::format("{} || ({})", simple, plumber);
}

/// JMESPath: whether an exemption has a reason.
std::string has_reason(const core::Policy& policy) {
  std::string text;
  for (const std::string& key : core::exempt_reason_keys(policy)) {
    text += fmt::format("{}metadata.annotations.\"{}\"", text.empty() ? "" : " || ", key);
  }
  return text;
}

/// JMESPath, where '!' binds closer than '.': as opted_in(), and an exemption ends it, unless that lacks its reason:
/// then what exists stays.
std::string keeps_objects(const core::Policy& policy) {
  const std::string exempt = fmt::format("metadata.labels.\"{}\"", core::key::kBackupExempt);
  return fmt::format("({0} == 'true' && !({1})) || ({0} != 'true' && ({2}))", exempt, has_reason(policy),
                     opted_in(policy));
}

/// How many PVCs want this object: one or none. An object without our annotation cannot be asked about, and Kyverno
/// leaves it alone.
std::string count_of_owners(const core::Policy& policy) {
  return fmt::format("length(items[?metadata.name == '{{{{ target.metadata.annotations.\"{}\" }}}}' && ({})])",
                     key::kPvc, keeps_objects(policy));
}

Json::Value context(const core::Policy& policy) {
  Json::Value entry;
  entry["name"] = text(kPvcs);
  entry["apiCall"]["urlPath"] = "/api/v1/namespaces/{{ target.metadata.namespace }}/persistentvolumeclaims";
  entry["apiCall"]["jmesPath"] = count_of_owners(policy);
  return entry;
}

Json::Value resources() {
  Json::Value result;
  for (const Part part : {Part::Source, Part::Destination, Part::Secret}) {
    result["kinds"].append(fmt::format("{}/{}", resource(part).api_version(), resource(part).kind));
  }
  member(result["selector"]["matchLabels"], key::kManagedBy) = text(kManager);
  Json::Value exists;
  exists["key"] = text(key::kPvcLabel);
  exists["operator"] = "Exists";
  result["selector"]["matchExpressions"].append(exists);
  return result;
}

}  // namespace

Object cleanup_policy_object(const core::Policy& policy) {
  Object object = draft(Part::CleanupPolicy, "", kName);
  Json::Value& spec = object.body["spec"];
  spec["schedule"] = text(kSchedule);
  Json::Value matched;
  matched["resources"] = resources();
  spec["match"]["any"].append(matched);
  spec["context"].append(context(policy));
  Json::Value nobody;
  nobody["key"] = fmt::format("{{{{ {} }}}}", kPvcs);
  nobody["operator"] = "Equals";
  nobody["value"] = 0;
  spec["conditions"]["all"].append(nobody);
  return sealed(std::move(object));
}

}  // namespace holdfast::generator
