#include "src/volsync/draft.hpp"

#include <algorithm>

#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {
namespace {

Json::Value owner(const core::Claim& claim) {
  Json::Value reference;
  reference["apiVersion"] = kube::kClaims.api_version();
  reference["kind"] = text(kube::kClaims.kind);
  reference["name"] = claim.pvc.name;
  reference["uid"] = claim.uid;
  return reference;
}

bool contains(const core::StringMap& present, const Json::Value& wanted) {
  for (auto entry = wanted.begin(); entry != wanted.end(); ++entry) {
    const std::string* value = core::lookup(present, entry.name());
    if (!value || *value != entry->asString()) return false;
  }
  return true;
}

bool owned_by(const std::vector<core::Meta::Owner>& owners, const Json::Value& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Json::Value& ours) {
    return std::ranges::find(owners, ours["uid"].asString(), &core::Meta::Owner::uid) != owners.end();
  });
}

bool contains(const Json::Value& present, const Json::Value& wanted);

bool contains_members(const Json::Value& present, const Json::Value& wanted) {
  for (auto entry = wanted.begin(); entry != wanted.end(); ++entry) {
    const std::string name = entry.name();
    if (!present.isMember(name) || !contains(present[name], *entry)) return false;
  }
  return true;
}

bool contains_elements(const Json::Value& present, const Json::Value& wanted) {
  return present.size() == wanted.size() &&
         std::equal(wanted.begin(), wanted.end(), present.begin(),
                    [](const Json::Value& ours, const Json::Value& theirs) { return contains(theirs, ours); });
}

/// Recursion as deep as `wanted`, which is ours.
bool contains(const Json::Value& present, const Json::Value& wanted) {
  if (wanted.isObject()) return present.isObject() && contains_members(present, wanted);
  if (wanted.isArray()) return present.isArray() && contains_elements(present, wanted);
  if (wanted.isIntegral() && present.isIntegral()) return wanted.asLargestInt() == present.asLargestInt();
  return wanted == present;
}

}  // namespace

Object draft(Part part, std::string_view ns, std::string_view name) {
  Object object{part, std::string(ns), std::string(name), {}};
  object.body["apiVersion"] = resource(part).api_version();
  object.body["kind"] = text(resource(part).kind);
  Json::Value& metadata = object.body["metadata"];
  metadata["name"] = object.name;
  if (!ns.empty()) metadata["namespace"] = object.ns;
  member(metadata["labels"], key::kManagedBy) = text(kManager);
  return object;
}

Object draft(Part part, const Subject& subject) {
  const core::Claim& claim = subject.claim;
  Object object = draft(part, claim.pvc.ns, names(subject.policy.naming, claim.pvc.name).of(part));
  Json::Value& metadata = object.body["metadata"];
  member(metadata["labels"], key::kPvcLabel) = pvc_label(claim.pvc.name);
  annotate(object, key::kPvc, claim.pvc.name);
  // A claim that was read from a file has no uid, and the API server takes no owner without one.
  if (!claim.uid.empty()) metadata["ownerReferences"].append(owner(claim));
  return object;
}

void annotate(Object& object, std::string_view key, std::string_view value) {
  member(object.body["metadata"]["annotations"], key) = text(value);
}

Object sealed(Object object) {
  annotate(object, key::kApplied, short_digest(to_json(object)));
  return object;
}

std::string to_json(const Object& object) { return json::write_tree(object.body); }

bool same(const Object& wanted, const core::Observed& observed) {
  const Json::Value& metadata = wanted.body["metadata"];
  // The hash is among the annotations: where it differs, no spec is parsed.
  return contains(observed.meta.annotations, metadata["annotations"]) &&
         contains(observed.meta.labels, metadata["labels"]) &&
         owned_by(observed.meta.owners, metadata["ownerReferences"]) &&
         contains(json::read_tree(observed.spec).value_or(Json::Value()), wanted.body["spec"]);
}

}  // namespace holdfast::volsync
