#include "holdfast/kube/resource.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::kube;

TEST_CASE("paths are those of the API server, for groups, namespaces and subresources") {
  CHECK(path(kClaims, "demo", "data") == "/api/v1/namespaces/demo/persistentvolumeclaims/data");
  CHECK(path(kClaims, "") == "/api/v1/persistentvolumeclaims");
  CHECK(path(kNamespaces, "", "demo") == "/api/v1/namespaces/demo");
  CHECK(path(kReplicationSources, "demo", "data-backup", "status") ==
        "/apis/volsync.backube/v1alpha1/namespaces/demo/replicationsources/data-backup/status");
  CHECK(path(kLeases, "demo") == "/apis/coordination.k8s.io/v1/namespaces/demo/leases");
}

TEST_CASE("a resource without namespaces has none in its path") {
  CHECK(path(kClusterCleanupPolicies, "demo", "a") == "/apis/kyverno.io/v2/clustercleanuppolicies/a");
}

TEST_CASE("a name cannot leave its place in the path") {
  CHECK(path(kClaims, "a/b", "c?d#e %") == "/api/v1/namespaces/a%2Fb/persistentvolumeclaims/c%3Fd%23e%20%25");
  CHECK(path(kClaims, "demo", "d\xC3\xA9") == "/api/v1/namespaces/demo/persistentvolumeclaims/d%C3%A9");
}

TEST_CASE("the API version is written as in a manifest") {
  CHECK(kClaims.api_version() == "v1");
  CHECK(kReplicationSources.api_version() == "volsync.backube/v1alpha1");
}
