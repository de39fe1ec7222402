#include "holdfast/volsync/observed.hpp"

#include "holdfast/core/candidates.hpp"

#include <algorithm>

#include "holdfast/core/mover_identity.hpp"
#include "holdfast/json/tree.hpp"

namespace holdfast::volsync {
namespace {

/// VolSync's, as a ReplicationSource's spec calls them.
constexpr const char* kMovers[] = {"kopia", "restic", "rclone", "rsync", "rsyncTLS", "syncthing", "external"};

/// The spec as a tree; null where it cannot be read, which then says nothing.
Json::Value spec_of(const core::Observed& object) { return json::read_tree(object.spec).value_or(Json::Value()); }

const Json::Value& member(const Json::Value& value, const char* name) {
  return value.isObject() ? value[name] : Json::Value::nullSingleton();
}

std::string text(const Json::Value& value, const char* name) {
  const Json::Value& found = member(value, name);
  return found.isString() ? found.asString() : std::string();
}

}  // namespace

Standing standing(const core::Observed* object, bool adopt) {
  if (object == nullptr) return Standing::Missing;
  const std::string manager = manager_of(*object);
  if (manager == kManager) return Standing::Ours;
  return adopt && is_adoptable_from(manager) ? Standing::Adoptable : Standing::Foreign;
}

bool is_ours(const core::Observed* object) { return object != nullptr && manager_of(*object) == kManager; }

bool is_within_reach(const core::Observed* object, bool adopt) {
  const Standing whose = standing(object, adopt);
  return whose == Standing::Ours || whose == Standing::Adoptable;
}

std::string manager_of(const core::Observed& object) {
  const std::string* manager = core::lookup(object.meta.labels, key::kManagedBy);
  return manager == nullptr ? std::string() : *manager;
}

bool is_adoptable_from(std::string_view manager) { return manager == "kyverno" || manager == "pvc-plumber"; }

bool is_owned_by(const core::Observed& object, std::string_view claim_uid) {
  const auto names_it = [&](const core::Meta::Owner& owner) {
    return owner.kind == "PersistentVolumeClaim" && owner.uid == claim_uid;
  };
  return std::any_of(object.meta.owners.begin(), object.meta.owners.end(), names_it);
}

bool is_owned_by_another(const core::Observed& object, std::string_view pvc) {
  bool by_any = false, by_this = false;
  for (const core::Meta::Owner& owner : object.meta.owners) {
    if (owner.kind != "PersistentVolumeClaim") continue;
    by_any = true;
    by_this = by_this || owner.name == pvc;
  }
  return by_any && !by_this;
}

bool is_synchronizing(const core::Observed& source) {
  return source.status.synchronizing || source.status.sync_started.has_value();
}

std::string manual_token(const core::Observed& object) {
  const Json::Value spec = spec_of(object);
  return text(member(spec, "trigger"), "manual");
}

std::optional<core::Identity> identity_in(const core::Observed& object) {
  const Json::Value spec = spec_of(object);
  const Json::Value& kopia = member(spec, "kopia");
  const Json::Value& restored = member(kopia, "sourceIdentity");
  core::Identity identity{text(kopia, "username"), text(kopia, "hostname"), text(kopia, "sourcePathOverride")};
  if (identity.user.empty()) identity.user = text(restored, "sourceName");
  if (identity.host.empty()) identity.host = text(restored, "sourceNamespace");
  if (identity.path.empty()) identity.path = text(restored, "sourcePathOverride");
  if (identity.path.empty()) identity.path = core::kDataPath;
  if (identity.user.empty() || identity.host.empty()) return std::nullopt;
  return identity;
}

std::optional<core::Identity> working_identity(const core::Observed& object) {
  if (auto named = identity_in(object)) return named;
  const Json::Value spec = spec_of(object);
  const Json::Value& kopia = member(spec, "kopia");
  if (!member(spec, "sourcePVC").isString() || !kopia.isObject()) return std::nullopt;
  core::Identity identity{text(kopia, "username"), text(kopia, "hostname"), text(kopia, "sourcePathOverride")};
  if (identity.user.empty()) identity.user = core::fork_user_name(object.meta.name);
  if (identity.host.empty()) identity.host = object.meta.ns;
  if (identity.path.empty()) identity.path = core::kDataPath;
  return identity;
}

bool has_kopia_mover(const core::Observed& object) {
  const Json::Value spec = spec_of(object);
  return member(spec, "kopia").isObject();
}

std::string source_claim(const core::Observed& source) { return text(spec_of(source), "sourcePVC"); }

std::string movers_of(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  std::string named;
  for (const char* mover : kMovers) {
    if (member(spec, mover).isObject()) named += (named.empty() ? "" : ", ") + std::string(mover);
  }
  return named;
}

std::string gist_of_source(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  Json::Value gist(Json::objectValue);
  if (member(spec, "sourcePVC").isString()) gist["sourcePVC"] = spec["sourcePVC"];
  for (const char* mover : kMovers) {
    if (member(spec, mover).isObject()) gist[mover] = Json::objectValue;
  }
  const Json::Value& kopia = member(spec, "kopia");
  for (const char* name : {"username", "hostname", "sourcePathOverride"}) {
    if (member(kopia, name).isString()) gist["kopia"][name] = kopia[name];
  }
  return gist.empty() ? std::string() : json::write_tree(gist);
}

std::string_view stopped_by(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  const Json::Value& paused = member(spec, "paused");
  if (paused.isBool() && paused.asBool()) return "paused";
  return text(member(spec, "trigger"), "manual").empty() ? "" : "manual";
}

std::string schedule_of(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  return text(member(spec, "trigger"), "schedule");
}

bool asks_for_cache(const core::Observed& destination) {
  const Json::Value spec = spec_of(destination);
  return !member(member(spec, "kopia"), "cacheCapacity").isNull();
}

std::optional<std::int64_t> mover_user(const core::Observed& object) {
  const Json::Value spec = spec_of(object);
  const Json::Value& user = member(member(member(spec, "kopia"), "moverSecurityContext"), "runAsUser");
  return user.isInt64() ? std::optional<std::int64_t>(user.asInt64()) : std::nullopt;
}

bool has_foreign_identity(const core::Observed& object, const core::PvcName& pvc, const core::Policy& policy) {
  const auto identity = working_identity(object);
  return identity && !core::contains(core::candidates(policy, pvc), *identity);
}

Standing standing(const core::Observed* object, bool adopt, const core::PvcName& pvc, const core::Policy& policy) {
  const Standing whose = standing(object, adopt);
  const bool elsewhere = whose == Standing::Adoptable && has_foreign_identity(*object, pvc, policy);
  return elsewhere ? Standing::Foreign : whose;
}

}  // namespace holdfast::volsync
