#include "src/volsync/draft.hpp"

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

}  // namespace holdfast::volsync
