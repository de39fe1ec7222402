#include "holdfast/core/mover_identity.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

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
