#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

TEST_CASE("a source backs the PVC up on schedule, under its identity") {
  const Object source = source_object(Scene().subject());
  CHECK(source.name == "data-backup");
  Json::Value expected = parse(R"({"sourcePVC": "data", "kopia": {
    "repository": "volsync-data", "username": "data-backup", "hostname": "media", "sourcePathOverride": "/data",
    "copyMethod": "Snapshot", "accessModes": ["ReadWriteOnce"], "storageClassName": "longhorn", "cacheCapacity": "2Gi",
    "compression": "zstd-fastest", "parallelism": 2, "retain": {"hourly": 24, "daily": 7, "weekly": 4, "monthly": 2}}})");
  expected["trigger"]["schedule"] = std::to_string(minute_of({"media", "data"})) + " * * * *";
  CHECK(source.body["spec"] == expected);
}

TEST_CASE("a changed tier changes the schedule and nothing else") {
  Scene scene;
  Json::Value hourly = source_object(scene.subject()).body["spec"];
  scene.tier = core::Tier::Daily;
  Json::Value daily = source_object(scene.subject()).body["spec"];
  CHECK(hourly["trigger"] != daily["trigger"]);
  hourly.removeMember("trigger");
  daily.removeMember("trigger");
  CHECK(hourly == daily);
}

TEST_CASE("to keep none of a kind is said, for kopia would keep some by default") {
  const Json::Value kopia = source_object(Scene().annotated(key::kRetain, "0/7/0/0").subject()).body["spec"]["kopia"];
  CHECK(kopia["retain"] == parse(R"({"hourly": 0, "daily": 7, "weekly": 0, "monthly": 0})"));
}

TEST_CASE("what is set for a source is written") {
  Scene scene;
  scene.options.backup.storage_class = "fast";
  scene.options.backup.cache_storage_class = "local";
  scene.options.backup.snapshot_class = "fast-snapshots";
  scene.options.backup.security_context = full_security_context();
  scene.options.backup.parallelism = 8;
  scene.options.backup.compression = "s2-default";
  const Json::Value kopia = source_object(scene.subject()).body["spec"]["kopia"];
  CHECK(kopia["storageClassName"] == "fast");
  CHECK(kopia["cacheStorageClassName"] == "local");
  CHECK(kopia["volumeSnapshotClassName"] == "fast-snapshots");
  CHECK(kopia["moverSecurityContext"]["runAsUser"] == 1000);
  CHECK(kopia["parallelism"] == 8);
  CHECK(kopia["compression"] == "s2-default");
}

TEST_CASE("a class for temporary volumes makes no cache that stays") {
  Scene scene;
  scene.options.backup.storage_class = "fast";
  const Json::Value kopia = source_object(scene.subject()).body["spec"]["kopia"];
  CHECK(kopia["cacheCapacity"] == "2Gi");
  // Either of them makes VolSync keep a PVC for it.
  CHECK_FALSE(kopia.isMember("cacheStorageClassName"));
  CHECK_FALSE(kopia.isMember("cacheAccessModes"));
}

TEST_CASE("strategy v4 names the source like the PVC") {
  Scene scene;
  scene.policy.naming = core::Naming::V4;
  CHECK(source_object(scene.subject()).name == "data");
}
