// What objects of ours are put together from: metadata first, the hash of all of it last, and what specs have in
// common. Pure; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/storage.hpp"

namespace holdfast::volsync {

/// An object of the installation's own: apiVersion, kind, name, namespace and the label of ours. `ns` empty: it belongs
/// to none.
Object draft(Part part, std::string_view ns, std::string_view name);

/// An object of one PVC: its labels, annotations and owner too. The PVC is no controller of it, and its deletion waits
/// for nothing.
Object draft(Part part, const core::Claim& claim, std::string_view name);
/// Under the name that is its part's.
Object draft(Part part, const Subject& subject);

void annotate(Object& object, std::string_view key, std::string_view value);

/// Writes the hash of everything that stands in it: the last step of every builder.
Object sealed(Object object);

/// jsoncpp has no string_view.
inline Json::Value text(std::string_view value) { return {value.data(), value.data() + value.size()}; }
inline Json::Value& member(Json::Value& object, std::string_view key) { return object[std::string(key)]; }

// The parts of a spec that VolSync's movers share, whether they back up or restore. Source: VolSync's api/v1alpha1 and
// its kopia mover (builder.go, mover.go, entry.sh).

/// `moverVolumes`: the volume that holds the repository; absent where there is none to mount.
void put_mover_volumes(Json::Value& spec, const RepositoryOptions& repository);

/// A PodSecurityContext; null when nothing is said. An automatic one as it is without what can be found out.
Json::Value security_context(const SecurityContext& context);

/// The cache that a mover of backups fills. Without a class kopia's is an emptyDir of that size, and restic's a PVC of
/// the class of the temporary volume. A PVC stays as long as the ReplicationSource. Source: ensureCache in the fork's
/// kopia and restic movers.
void put_cache(Json::Value& spec, const BackupLayer& settings);

/// Repository secret, security context, and what the temporary volume is made with when the claim is copied or
/// restored.
Json::Value volume_mover_spec(const core::Claim& claim, const BackupLayer& settings, const TemporaryClasses& classes,
                              std::string_view secret);

/// Of a ReplicationSource's `spec.kopia`.
void put_source_identity(Json::Value& kopia, const core::Identity& identity);

/// Of a ReplicationDestination's `spec.kopia`. `pvc`: the name of the PVC that is restored.
void put_destination_identity(Json::Value& kopia, const core::Identity& identity, std::string_view pvc);

/// Keys of the Secrets that movers read.
namespace mover_key {
inline constexpr const char* kRepository = "KOPIA_REPOSITORY";
inline constexpr const char* kPassword = "KOPIA_PASSWORD";
inline constexpr const char* kAccessKey = "AWS_ACCESS_KEY_ID";
inline constexpr const char* kSecretKey = "AWS_SECRET_ACCESS_KEY";
}  // namespace mover_key

/// Where the repository is, as a mover's Secret says it: keys and values, no secrets.
std::vector<std::pair<std::string, std::string>> repository_place(const RepositoryOptions& repository);

/// `spec` of the ExternalSecret of this name with which movers open the repository.
Json::Value repository_secret_spec(std::string_view name, const Options& options);

}  // namespace holdfast::volsync
