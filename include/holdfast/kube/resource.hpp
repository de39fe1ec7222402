// The kinds of objects we talk about, and the paths under which the API server has them.
// Values; any thread.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::kube {

struct Resource {
  std::string_view group;  ///< "" is the core group
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = true;

  std::string api_version() const;  ///< "v1", "volsync.backube/v1alpha1"
  bool operator==(const Resource&) const = default;
};

inline constexpr Resource kClaims{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"};
inline constexpr Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline constexpr Resource kEvents{"", "v1", "events", "Event"};
inline constexpr Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret"};
inline constexpr Resource kMutatingWebhooks{"admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
                                            "MutatingWebhookConfiguration", false};
inline constexpr Resource kValidatingWebhooks{"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
                                              "ValidatingWebhookConfiguration", false};
inline constexpr Resource kPods{"", "v1", "pods", "Pod"};
inline constexpr Resource kJobs{"batch", "v1", "jobs", "Job"};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline constexpr Resource kReplicationSources{"volsync.backube", "v1alpha1", "replicationsources", "ReplicationSource"};
inline constexpr Resource kReplicationDestinations{"volsync.backube", "v1alpha1", "replicationdestinations",
                                                   "ReplicationDestination"};
inline constexpr Resource kKopiaMaintenances{"volsync.backube", "v1alpha1", "kopiamaintenances", "KopiaMaintenance"};
inline constexpr Resource kExternalSecrets{"external-secrets.io", "v1", "externalsecrets", "ExternalSecret"};
inline constexpr Resource kVolumeSnapshots{"snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot"};
inline constexpr Resource kStorageClasses{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false};
inline constexpr Resource kVolumeSnapshotClasses{"snapshot.storage.k8s.io", "v1", "volumesnapshotclasses",
                                                 "VolumeSnapshotClass", false};
inline constexpr Resource kClusterCleanupPolicies{"kyverno.io", "v2", "clustercleanuppolicies", "ClusterCleanupPolicy",
                                                  false};

/// "/apis/volsync.backube/v1alpha1/namespaces/demo/replicationsources/data-backup/status"; empty parts are left out, an
/// empty `ns` of a namespaced resource means all namespaces. Names are percent-encoded.
std::string path(const Resource& resource, std::string_view ns, std::string_view name = {},
                 std::string_view subresource = {});

}  // namespace holdfast::kube
