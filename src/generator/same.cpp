#include <json/reader.h>

#include <algorithm>
#include <memory>

#include "holdfast/generator/desired.hpp"

namespace holdfast::generator {
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

/// Null for what is no JSON.
Json::Value parse(const std::string& text) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string errors;
  if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors)) return {};
  return value;
}

}  // namespace

bool same(const Object& wanted, const core::Observed& observed) {
  const Json::Value& metadata = wanted.body["metadata"];
  // The hash is among the annotations: where it differs, no spec is parsed.
  return contains(observed.meta.annotations, metadata["annotations"]) &&
         contains(observed.meta.labels, metadata["labels"]) &&
         owned_by(observed.meta.owners, metadata["ownerReferences"]) &&
         contains(parse(observed.spec), wanted.body["spec"]);
}

}  // namespace holdfast::generator
