#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

Scene with_offsite() {
  Scene scene;
  scene.options.offsite.enabled = true;
  scene.options.offsite.repository = "s3:https://r2.example.net/offsite/";
  scene.options.offsite.store = "1password";
  scene.options.offsite.key = "r2";
  return scene;
}

}  // namespace

TEST_CASE("the off-site Secret holds a repository of the PVC's own") {
  CHECK(offsite_secret_object(with_offsite().subject()).body["spec"] == parse(R"({
    "refreshInterval": "1h",
    "secretStoreRef": {"kind": "ClusterSecretStore", "name": "1password"},
    "data": [{"secretKey": "RESTIC_PASSWORD", "remoteRef": {"key": "r2", "property": "restic_password"}},
             {"secretKey": "AWS_ACCESS_KEY_ID", "remoteRef": {"key": "r2", "property": "access_key"}},
             {"secretKey": "AWS_SECRET_ACCESS_KEY", "remoteRef": {"key": "r2", "property": "secret_key"}}],
    "target": {"name": "holdfast-offsite-data", "creationPolicy": "Owner",
      "template": {"engineVersion": "v2", "mergePolicy": "Merge",
        "data": {"RESTIC_REPOSITORY": "s3:https://r2.example.net/offsite/media/data"}}}})"));
}

TEST_CASE("the off-site source backs up with restic once a night") {
  const Object source = offsite_source_object(with_offsite().subject());
  CHECK(source.name == "holdfast-offsite-data");
  CHECK(source.body["spec"] == parse(R"({"sourcePVC": "data", "trigger": {"schedule": "30 2 * * *"}, "restic": {
    "repository": "holdfast-offsite-data", "copyMethod": "Snapshot", "accessModes": ["ReadWriteOnce"],
    "storageClassName": "longhorn", "cacheCapacity": "2Gi", "retain": {"daily": 7, "weekly": 4, "monthly": 2}}})"));
}

TEST_CASE("the off-site source does not mount the kopia repository") {
  Scene scene = with_offsite();
  scene.options.repository.kind = RepositoryOptions::Kind::Pvc;
  scene.options.repository.claim = "kopia";
  CHECK_FALSE(offsite_source_object(scene.subject()).body["spec"]["restic"].isMember("moverVolumes"));
}

TEST_CASE("off-site backups can be spread over the hour too") {
  Scene scene = with_offsite();
  scene.options.offsite.schedule = "M 3 * * *";
  CHECK(offsite_source_object(scene.subject()).body["spec"]["trigger"]["schedule"] ==
        std::to_string(minute_of({"media", "data"})) + " 3 * * *");
}
