// A generator in a cluster where a PVC waits for the restore that was promised to it.
#pragma once

#include <string>

#include "tests/unit/generator/household.hpp"

namespace holdfast::generator::test {

/// A PVC that was promised a snapshot and waits for it.
inline Json::Value promised_claim() {
  core::Claim claim;
  promise(claim);
  Json::Value json = claim_json();
  for (const auto& [key, value] : claim.pvc.annotations) json["metadata"]["annotations"][key] = value;
  Json::Value& reference = json["spec"]["dataSourceRef"];
  reference["apiGroup"] = claim.pvc.data_source_ref->api_group;
  reference["kind"] = claim.pvc.data_source_ref->kind;
  reference["name"] = claim.pvc.data_source_ref->name;
  return json;
}

struct Restoring : Household {
  Restoring() {
    shelf.hold(current({listed(kOwnSource, kSnapshot, kSnapshotStart)}));
    cluster.put(kube::kClaims, promised_claim());
    start();
  }
  /// What VolSync's mover says at the end.
  void finish_run(const std::string& logs) {
    cluster.edit(kube::kReplicationDestinations, "media", "data-restore", [&](Json::Value& run) {
      run["status"] = parse(R"({"lastSyncTime": "2026-03-01T12:00:00Z", "latestMoverStatus": {"result": "Successful"},
        "latestImage": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "restored"}})");
      run["status"]["lastManualSync"] = run["spec"]["trigger"]["manual"];
      run["status"]["latestMoverStatus"]["logs"] = logs;
    });
  }
  Json::Value shown() const { return held(Part::Destination)["status"]["latestImage"]; }
};

}  // namespace holdfast::generator::test
