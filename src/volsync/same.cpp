#include <algorithm>

#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {
namespace {

bool contains(const core::StringMap& present, const Json::Value& wanted) {
  for (auto entry = wanted.begin(); entry != wanted.end(); ++entry) {
    const std::string* value = core::lookup(present, entry.name());
    if (!value || *value != entry->asString()) return false;
  }
  return true;
}

bool owned_by(const std::vector<core::Meta::Owner>& owners, const Json::Value& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Json::Value& ours) {
    const std::string uid = ours["uid"].asString();
    return std::any_of(owners.begin(), owners.end(), [&](const core::Meta::Owner& owner) { return owner.uid == uid; });
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

bool same(const Object& wanted, const core::Observed& observed) {
  const Json::Value& metadata = wanted.body["metadata"];
  // The hash is among the annotations: where it differs, no spec is parsed.
  return contains(observed.meta.annotations, metadata["annotations"]) &&
         contains(observed.meta.labels, metadata["labels"]) &&
         owned_by(observed.meta.owners, metadata["ownerReferences"]) &&
         contains(json::read_tree(observed.spec).value_or(Json::Value()), wanted.body["spec"]);
}

}  // namespace holdfast::volsync
