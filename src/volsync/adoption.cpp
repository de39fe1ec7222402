#include "holdfast/volsync/adoption.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

constexpr std::string_view kOurAnnotations = "holdfast.dev/";
constexpr std::string_view kOurLabels[] = {key::kManagedBy, key::kPvcLabel};

std::string annotation_of(const Json::Value& object, std::string_view key) {
  return json::text_at(object, {"metadata", "annotations", key});
}

/// What is given back of an object: labels, owners and spec.
Json::Value record_of(const Json::Value& object) {
  Json::Value record(Json::objectValue);
  for (const char* name : {"labels", "ownerReferences"}) {
    if (const Json::Value& value = json::at(object, {"metadata", name}); !value.empty()) record[name] = value;
  }
  record["spec"] = json::at(object, {"spec"});
  return record;
}

/// A patch of this very version of the object.
Json::Value patch_of(const Json::Value& object) {
  Json::Value patch;
  for (const char* name : {"uid", "resourceVersion"}) {
    patch["metadata"][name] = json::text_at(object, {"metadata", name});
  }
  return patch;
}

/// The JSON merge patch (RFC 7396) that makes `there` what was `before`. Recursion as deep as the shallower of the two,
/// which the reader has bounded.
Json::Value difference(const Json::Value& there, const Json::Value& before) {
  Json::Value patch(Json::objectValue);
  for (const std::string& name : there.isObject() ? there.getMemberNames() : Json::Value::Members()) {
    if (!before.isObject() || !before.isMember(name)) patch[name] = Json::Value();
  }
  for (const std::string& name : before.isObject() ? before.getMemberNames() : Json::Value::Members()) {
    const Json::Value& now = there.isObject() ? there[name] : Json::Value::nullSingleton();
    const Json::Value& then = before[name];
    if (now == then) continue;
    patch[name] = now.isObject() && then.isObject() ? difference(now, then) : then;
  }
  return patch;
}

/// Of labels: those that others have put there since stay.
Json::Value labels_of_before(const Json::Value& there, const Json::Value& before) {
  Json::Value patch = before.isObject() ? before : Json::Value(Json::objectValue);
  for (const std::string_view label : kOurLabels) {
    const std::string name(label);
    if (there.isMember(name) && !patch.isMember(name)) patch[name] = Json::Value();
  }
  return patch;
}

bool is_map_of_texts(const Json::Value& value) {
  if (!value.isNull() && !value.isObject()) return false;
  for (const Json::Value& member : value) {
    if (!member.isString()) return false;
  }
  return true;
}

bool is_record(const Json::Value& record) {
  const Json::Value& owners = record["ownerReferences"];
  return record["spec"].isObject() && is_map_of_texts(record["labels"]) && (owners.isNull() || owners.isArray());
}

std::optional<Json::Value> read_record(const Json::Value& object) {
  auto record = json::read_tree(annotation_of(object, key::kAdoptedFrom));
  return record && record->isObject() && is_record(*record) ? std::move(record) : std::nullopt;
}

/// Of those that it had: an owner that is gone since was taken off by the garbage collector, and given back it would
/// take the object with it.
Json::Value owners_left(const Json::Value& there, const Json::Value& record) {
  Json::Value owners;
  for (const Json::Value& owner : record["ownerReferences"]) {
    const bool stays = std::ranges::any_of(there, [&](const Json::Value& one) {
      return json::at(one, {"uid"}).isString() && json::at(one, {"uid"}) == json::at(owner, {"uid"});
    });
    if (stays) owners.append(owner);
  }
  return owners;
}

}  // namespace

bool mounts_elsewhere(const core::Observed& source, const RepositoryOptions& repository) {
  Json::Value ours;
  put_mover_volumes(ours, repository);
  if (ours.isNull()) return false;
  const Json::Value spec = json::read_tree(source.spec).value_or(Json::Value());
  const Json::Value& theirs = json::at(spec, {"kopia", "moverVolumes"});
  const Json::Value& volume = ours["moverVolumes"][0];
  return std::ranges::none_of(theirs, [&](const Json::Value& their) {
    return json::at(their, {"mountPath"}) == volume["mountPath"] &&
           json::at(their, {"volumeSource"}) == volume["volumeSource"];
  });
}

std::optional<core::Time> accepted_until(std::string_view text) {
  const auto end = text.find(": ");
  if (end == std::string_view::npos || base::trimmed(text.substr(end + 2)).empty()) return std::nullopt;
  return core::parse_rfc3339(text.substr(0, end));
}

std::string kept_schedule(const core::Observed& source, core::Tier tier) {
  std::string schedule;
  if (is_ours(&source)) {
    const std::string_view kept = value_of(source.meta.annotations, key::kScheduleKept);
    const std::string of_tier = kept_schedule_text(tier, "");
    if (kept.starts_with(of_tier)) schedule = kept.substr(of_tier.size());
  } else {
    schedule = schedule_of(source);
  }
  return valid_schedule(schedule) ? schedule : std::string();
}

std::string kept_schedule_text(core::Tier tier, std::string_view schedule) {
  return fmt::format("{}: {}", core::to_string(tier), schedule);
}

std::variant<Json::Value, std::string> record_patch(const Json::Value& object) {
  // Somebody has put his label back on what was ours already: what it was before that is what is given back.
  const bool was_ours = !annotation_of(object, key::kApplied).empty();
  if (was_ours && read_record(object)) return Json::Value();
  const std::string record = json::write_tree(record_of(object));
  if (record.size() > kMaxRecordBytes) {
    return fmt::format("what it is has {} bytes, and {} at the most can be written down to be given back",
                       record.size(), kMaxRecordBytes);
  }
  if (annotation_of(object, key::kAdoptedFrom) == record) return Json::Value();
  Json::Value patch = patch_of(object);
  patch["metadata"]["annotations"][std::string(key::kAdoptedFrom)] = record;
  return patch;
}

std::variant<Json::Value, std::string> give_back_patch(const Json::Value& object) {
  const std::string text = annotation_of(object, key::kAdoptedFrom);
  if (text.empty()) return fmt::format("it has no annotation {}", key::kAdoptedFrom);
  const auto record = read_record(object);
  if (!record) return fmt::format("its annotation {} cannot be read", key::kAdoptedFrom);
  Json::Value patch = patch_of(object);
  Json::Value& metadata = patch["metadata"];
  metadata["labels"] = labels_of_before(json::at(object, {"metadata", "labels"}), (*record)["labels"]);
  metadata["ownerReferences"] = owners_left(json::at(object, {"metadata", "ownerReferences"}), *record);
  for (const std::string& name : json::at(object, {"metadata", "annotations"}).getMemberNames()) {
    if (name.starts_with(kOurAnnotations)) metadata["annotations"][name] = Json::Value();
  }
  patch["spec"] = difference(json::at(object, {"spec"}), (*record)["spec"]);
  return patch;
}

}  // namespace holdfast::volsync
