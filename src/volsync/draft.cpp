#include "src/volsync/draft.hpp"

#include <algorithm>

#include "holdfast/core/mover_identity.hpp"
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

/// Below this folder VolSync mounts moverVolumes.
constexpr std::string_view kVolumesFolder = "/mnt/";

/// "/repository" and "/mnt/repository" are both the volume "repository".
std::string_view volume_name(std::string_view mount_path) {
  if (mount_path.starts_with(kVolumesFolder)) mount_path.remove_prefix(kVolumesFolder.size());
  while (mount_path.starts_with('/')) mount_path.remove_prefix(1);
  while (mount_path.ends_with('/')) mount_path.remove_suffix(1);
  return mount_path;
}

/// The volume that holds the repository; null where a mover mounts none.
Json::Value volume_source(const RepositoryOptions& repository) {
  Json::Value source;
  if (!repository.mover_volumes) return source;
  if (repository.kind == RepositoryOptions::Kind::Nfs) {
    source["nfs"]["server"] = repository.server;
    source["nfs"]["path"] = repository.path;
  } else if (repository.kind == RepositoryOptions::Kind::Pvc) {
    source["persistentVolumeClaim"]["claimName"] = repository.claim;
  }
  return source;
}

template <class T>
void put(Json::Value& to, const char* name, const std::optional<T>& value) {
  if (value) to[name] = *value;
}

void put(Json::Value& to, const char* name, const std::optional<std::int64_t>& value) {
  if (value) to[name] = Json::Int64(*value);
}

void put(Json::Value& to, const char* name, const std::string& value) {
  if (!value.empty()) to[name] = value;
}

void put_names(Json::Value& kopia, const core::Identity& identity) {
  kopia["username"] = identity.user;
  kopia["hostname"] = identity.host;
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

Object draft(Part part, const core::Claim& claim, std::string_view name) {
  Object object = draft(part, claim.pvc.ns, name);
  Json::Value& metadata = object.body["metadata"];
  member(metadata["labels"], key::kPvcLabel) = pvc_label(claim.pvc.name);
  annotate(object, key::kPvc, claim.pvc.name);
  // A claim that was read from a file has no uid, and the API server takes no owner without one.
  if (!claim.uid.empty()) metadata["ownerReferences"].append(owner(claim));
  return object;
}

Object draft(Part part, const Subject& subject) {
  return draft(part, subject.claim, names(subject.policy.naming, subject.claim.pvc.name).of(part));
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

void put_mover_volumes(Json::Value& spec, const RepositoryOptions& repository) {
  const Json::Value source = volume_source(repository);
  if (source.isNull()) return;
  Json::Value volume;
  volume["mountPath"] = text(volume_name(repository.mount_path));
  volume["volumeSource"] = source;
  spec["moverVolumes"].append(volume);
}

std::string repository_folder(const RepositoryOptions& repository) {
  if (volume_source(repository).isNull()) return repository.mount_path;
  return std::string(kVolumesFolder).append(volume_name(repository.mount_path));
}

Json::Value security_context(const SecurityContext& context) {
  Json::Value result;
  put(result, "runAsUser", context.run_as_user);
  put(result, "runAsGroup", context.run_as_group);
  put(result, "fsGroup", context.fs_group);
  put(result, "runAsNonRoot", context.run_as_non_root);
  put(result, "fsGroupChangePolicy", context.fs_group_change_policy);
  for (const std::int64_t group : context.supplemental_groups) {
    result["supplementalGroups"].append(Json::Int64(group));
  }
  if (!context.seccomp_profile.empty()) result["seccompProfile"]["type"] = context.seccomp_profile;
  return result;
}

void put_cache(Json::Value& spec, const BackupLayer& settings) {
  put(spec, "cacheCapacity", settings.cache_capacity.value_or(""));
  put(spec, "cacheStorageClassName", settings.cache_storage_class.value_or(""));
}

Json::Value volume_mover_spec(const core::Claim& claim, const BackupLayer& settings, const TemporaryClasses& classes,
                              std::string_view secret) {
  Json::Value spec;
  spec["repository"] = text(secret);
  Json::Value context = security_context(settings.security_context.value_or(SecurityContext{}));
  if (!context.isNull()) spec["moverSecurityContext"] = std::move(context);
  for (const std::string& mode : claim.access_modes) spec["accessModes"].append(mode);
  put(spec, "storageClassName", classes.storage);
  put(spec, "volumeSnapshotClassName", classes.snapshot);
  return spec;
}

void put_source_identity(Json::Value& kopia, const core::Identity& identity) {
  put_names(kopia, identity);
  // VolSync's own path too: what we leave out somebody else may set, and backups would go where nobody looks for them.
  kopia["sourcePathOverride"] = identity.path;
}

void put_destination_identity(Json::Value& kopia, const core::Identity& identity, std::string_view pvc) {
  if (identity.path == core::kDataPath) return put_names(kopia, identity);
  Json::Value& source = kopia["sourceIdentity"];
  source["sourceName"] = identity.user;
  source["sourceNamespace"] = identity.host;
  source["sourcePathOverride"] = identity.path;
  // With this name it does not look for the other parts in a ReplicationSource.
  source["sourcePVCName"] = text(pvc);
  // VolSync reads the path only where no hostname is given, and takes a username only with one.
  if (!core::survives_spelling(identity)) put_names(kopia, identity);
}

}  // namespace holdfast::volsync
