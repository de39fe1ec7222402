#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

const RunWish kWish{{"data-backup", "media", "/data"}, "2026-11-21T08:46:10.512Z", "snapshot-1"};

}  // namespace

TEST_CASE("the destination stands idle and says under which identity it would restore") {
  const Object destination = destination_object(Scene().subject(), {});
  CHECK(destination.part == Part::Destination);
  CHECK(destination.name == "data-backup");
  CHECK(destination.body["spec"] == parse(R"({"paused": true, "trigger": {"manual": "holdfast-idle"}, "kopia": {
    "repository": "volsync-data", "username": "data-backup", "hostname": "media", "copyMethod": "Snapshot",
    "capacity": "10Gi", "accessModes": ["ReadWriteOnce"], "storageClassName": "longhorn", "cleanupTempPVC": true}})"));
  CHECK_FALSE(destination.body["metadata"]["annotations"].isMember("holdfast.dev/verified"));
  CHECK_FALSE(destination.body["metadata"]["annotations"].isMember("holdfast.dev/verified-by"));
}

TEST_CASE("the destination remembers which restore was verified") {
  const Object destination = destination_object(Scene().subject(), {"uid/snapshot", "log"});
  CHECK(destination.body["metadata"]["annotations"]["holdfast.dev/verified"] == "uid/snapshot");
  CHECK(destination.body["metadata"]["annotations"]["holdfast.dev/verified-by"] == "log");
}

TEST_CASE("a run restores the promised snapshot into a volume like the PVC") {
  Scene scene;
  scene.claim.access_modes = {"ReadWriteMany", "ReadWriteOnce"};
  const Object run = run_object(scene.subject(), kWish);
  CHECK(run.name == "data-restore");
  CHECK(run.body["spec"] == parse(R"({"trigger": {"manual": "snapshot-1"}, "kopia": {
    "repository": "volsync-data", "username": "data-backup", "hostname": "media", "copyMethod": "Snapshot",
    "restoreAsOf": "2026-11-21T08:46:10.512Z", "capacity": "10Gi", "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
    "storageClassName": "longhorn", "cleanupTempPVC": true, "enableFileDeletion": true}})"));
}

TEST_CASE("the time of the promise is given back byte for byte") {
  for (const char* time : {"2026-11-21T08:46:10Z", "2026-11-21T08:46:10.5Z", "2026-11-21T08:46:10.500Z",
                           "2026-11-21T09:46:10.123456789+01:00"}) {
    CHECK(run_object(Scene().subject(), {kWish.source, time, "t"}).body["spec"]["kopia"]["restoreAsOf"] == time);
  }
}

TEST_CASE("a run restores the identity of its promise and not the PVC's own") {
  const Json::Value kopia =
      run_object(Scene().subject(), {{"other", "elsewhere", "/data"}, kWish.as_of, "t"}).body["spec"]["kopia"];
  CHECK(kopia["username"] == "other");
  CHECK(kopia["hostname"] == "elsewhere");
}

TEST_CASE("a restore always ends in a snapshot, whatever backups copy with") {
  Scene scene;
  scene.annotated(key::kCopyMethod, "Direct");
  CHECK(run_object(scene.subject(), kWish).body["spec"]["kopia"]["copyMethod"] == "Snapshot");
  CHECK(source_object(scene.subject()).body["spec"]["kopia"]["copyMethod"] == "Direct");
}

TEST_CASE("a restore is of the PVC's own class, with the security context of the settings, and has no cache") {
  Scene scene;
  scene.options.backup.storage_class = "fast";
  scene.options.backup.snapshot_class = "fast-snapshots";
  scene.options.backup.cache_capacity = "1Gi";
  scene.options.backup.cache_storage_class = "local";
  scene.options.backup.security_context = full_security_context();
  const Json::Value kopia = run_object(scene.subject(), kWish).body["spec"]["kopia"];
  CHECK(kopia["storageClassName"] == "longhorn");
  CHECK(kopia["volumeSnapshotClassName"] == "fast-snapshots");
  for (const Object& object : {run_object(scene.subject(), kWish), destination_object(scene.subject(), {})}) {
    for (const std::string& name : object.body["spec"]["kopia"].getMemberNames()) CHECK(name.find("ache") == name.npos);
  }
  CHECK(kopia["moverSecurityContext"] == parse(R"({"runAsUser": 1000, "runAsGroup": 1001, "fsGroup": 1002,
    "runAsNonRoot": true, "fsGroupChangePolicy": "OnRootMismatch", "supplementalGroups": [2000, 3000000000],
    "seccompProfile": {"type": "RuntimeDefault"}})"));
}

TEST_CASE("a PVC of no named class restores into the default class") {
  Scene scene;
  scene.claim.pvc.storage_class.reset();
  CHECK_FALSE(run_object(scene.subject(), kWish).body["spec"]["kopia"].isMember("storageClassName"));
}

TEST_CASE("restores mount the repository as backups do") {
  Scene scene;
  scene.options.repository.kind = RepositoryOptions::Kind::Nfs;
  scene.options.repository.server = "nas";
  scene.options.repository.path = "/kopia";
  const Json::Value volumes = run_object(scene.subject(), kWish).body["spec"]["kopia"]["moverVolumes"];
  CHECK(volumes.size() == 1);
  CHECK(volumes == source_object(scene.subject()).body["spec"]["kopia"]["moverVolumes"]);
  CHECK(volumes == destination_object(scene.subject(), {}).body["spec"]["kopia"]["moverVolumes"]);
}
