// The repository's Secret and the volume in which movers find it: they must name the same folder.
#include "holdfast/volsync/maintenance.hpp"
#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

Scene home_nfs() {
  Scene scene;
  scene.options.secret.mode = SecretOptions::Mode::ExternalSecret;
  scene.options.secret.store = "1password";
  scene.options.secret.key = "rustfs";
  scene.options.repository.kind = RepositoryOptions::Kind::Nfs;
  scene.options.repository.server = "nas.home.arpa";
  scene.options.repository.path = "/volume/kopia";
  return scene;
}

Json::Value template_data(const Scene& scene) {
  return secret_object(scene.subject()).body["spec"]["target"]["template"]["data"];
}

Json::Value volumes(const Scene& scene) { return source_object(scene.subject()).body["spec"]["kopia"]["moverVolumes"]; }

}  // namespace

TEST_CASE("the password comes from the store, the folder from the template") {
  Scene scene = home_nfs();
  scene.options.repository.mover_volumes = false;
  CHECK(secret_object(scene.subject()).body["spec"] == parse(R"({
    "refreshInterval": "1h",
    "secretStoreRef": {"kind": "ClusterSecretStore", "name": "1password"},
    "data": [{"secretKey": "KOPIA_PASSWORD", "remoteRef": {"key": "rustfs", "property": "kopia_password"}}],
    "target": {"name": "volsync-data", "creationPolicy": "Owner",
      "template": {"engineVersion": "v2", "mergePolicy": "Merge",
        "data": {"KOPIA_REPOSITORY": "filesystem:///repository", "KOPIA_FS_PATH": "/repository"}}}})"));
}

TEST_CASE("a volume that VolSync mounts is named where VolSync mounts it") {
  const Scene scene = home_nfs();
  CHECK(template_data(scene) ==
        parse(R"({"KOPIA_REPOSITORY": "filesystem:///mnt/repository", "KOPIA_FS_PATH": "/mnt/repository"})"));
  CHECK(volumes(scene) == parse(R"([{"mountPath": "repository",
    "volumeSource": {"nfs": {"server": "nas.home.arpa", "path": "/volume/kopia"}}}])"));
}

TEST_CASE("a mount path below /mnt is taken as it is") {
  Scene scene = home_nfs();
  scene.options.repository.mount_path = "/mnt/kopia/";
  CHECK(template_data(scene)["KOPIA_REPOSITORY"] == "filesystem:///mnt/kopia");
  CHECK(volumes(scene)[0]["mountPath"] == "kopia");
}

TEST_CASE("a repository on a PVC is mounted from the claim of that name") {
  Scene scene = home_nfs();
  scene.options.repository.kind = RepositoryOptions::Kind::Pvc;
  scene.options.repository.claim = "kopia-repository";
  CHECK(template_data(scene)["KOPIA_REPOSITORY"] == "filesystem:///mnt/repository");
  CHECK(volumes(scene) == parse(R"([{"mountPath": "repository",
    "volumeSource": {"persistentVolumeClaim": {"claimName": "kopia-repository"}}}])"));
}

TEST_CASE("what somebody else mounts is not written and keeps its path") {
  Scene scene = home_nfs();
  scene.options.repository.mover_volumes = false;
  CHECK(volumes(scene).isNull());
  scene = home_nfs();
  scene.options.repository.kind = RepositoryOptions::Kind::None;
  CHECK(volumes(scene).isNull());
  CHECK(template_data(scene)["KOPIA_REPOSITORY"] == "filesystem:///repository");
}

TEST_CASE("an S3 repository has its keys in the Secret and no volume") {
  Scene scene = home_nfs();
  scene.options.repository.kind = RepositoryOptions::Kind::S3;
  scene.options.repository.bucket = "backups";
  scene.options.repository.prefix = "/home/kopia/";
  scene.options.repository.endpoint = "https://s3.home.arpa";
  scene.options.repository.region = "eu-1";
  CHECK(volumes(scene).isNull());
  CHECK(template_data(scene) == parse(R"({"KOPIA_REPOSITORY": "s3://backups/home/kopia", "KOPIA_S3_BUCKET": "backups",
    "KOPIA_S3_ENDPOINT": "https://s3.home.arpa", "AWS_REGION": "eu-1"})"));
  CHECK(secret_object(scene.subject()).body["spec"]["data"] == parse(R"([
    {"secretKey": "KOPIA_PASSWORD", "remoteRef": {"key": "rustfs", "property": "kopia_password"}},
    {"secretKey": "AWS_ACCESS_KEY_ID", "remoteRef": {"key": "rustfs", "property": "access_key"}},
    {"secretKey": "AWS_SECRET_ACCESS_KEY", "remoteRef": {"key": "rustfs", "property": "secret_key"}}])"));
}

TEST_CASE("an S3 endpoint without TLS says so, for the mover drops the scheme") {
  Scene scene = home_nfs();
  scene.options.repository.kind = RepositoryOptions::Kind::S3;
  scene.options.repository.bucket = "backups";
  scene.options.repository.endpoint = "http://10.0.0.1:9000";
  CHECK(template_data(scene) == parse(R"({"KOPIA_REPOSITORY": "s3://backups", "KOPIA_S3_BUCKET": "backups",
    "KOPIA_S3_ENDPOINT": "http://10.0.0.1:9000", "KOPIA_S3_DISABLE_TLS": "true"})"));
}

TEST_CASE("a store without properties is asked for its key alone") {
  Scene scene = home_nfs();
  scene.options.secret.property.clear();
  scene.options.secret.store_kind = "SecretStore";
  const Json::Value spec = secret_object(scene.subject()).body["spec"];
  CHECK(spec["data"] == parse(R"([{"secretKey": "KOPIA_PASSWORD", "remoteRef": {"key": "rustfs"}}])"));
  CHECK(spec["secretStoreRef"]["kind"] == "SecretStore");
}

TEST_CASE("movers read the Secret of the name that the settings give") {
  Scene scene = home_nfs();
  const auto read_by = [&] {
    const std::string source = source_object(scene.subject()).body["spec"]["kopia"]["repository"].asString();
    CHECK(destination_object(scene.subject(), {}).body["spec"]["kopia"]["repository"] == source);
    const Object secret = secret_object(scene.subject());
    CHECK(secret.name == "volsync-data");
    CHECK(secret.body["spec"]["target"]["name"] == source);
    return source;
  };
  CHECK(read_by() == "volsync-data");
  scene.options.secret.name = "{namespace}-{pvc}-{pvc}";
  CHECK(read_by() == "media-data-data");
  scene.options.secret.name = "volsync-kopia-repository";
  CHECK(read_by() == "volsync-kopia-repository");
}

TEST_CASE("the name of a Secret is never longer than the API server allows") {
  SecretOptions options;
  options.name = "{pvc}-{pvc}";
  CHECK(secret_name(options, {"media", std::string(200, 'x')}).size() <= 253);
}

TEST_CASE("a copy holds what the ExternalSecret would bring, under the name that movers read") {
  Scene scene = home_nfs();
  scene.options.secret.name = "kopia-{pvc}";
  const Object copy = secret_copy(scene.claim, scene.options, {"hunter2", "", "", ""});
  CHECK(copy.ns == "media");
  CHECK(copy.name == "kopia-data");
  CHECK(copy.body["kind"] == "Secret");
  CHECK(copy.body["type"] == "Opaque");
  CHECK(copy.body["data"] == parse(R"({"KOPIA_PASSWORD": "aHVudGVyMg==", "KOPIA_FS_PATH": "L21udC9yZXBvc2l0b3J5",
    "KOPIA_REPOSITORY": "ZmlsZXN5c3RlbTovLy9tbnQvcmVwb3NpdG9yeQ=="})"));
}

TEST_CASE("a copy for a bucket has its keys, and a token where there is one") {
  Scene scene = home_nfs();
  scene.options.repository.kind = RepositoryOptions::Kind::S3;
  scene.options.repository.bucket = "backups";
  const Credentials credentials{"p", "a", "s", ""};
  const Json::Value data = secret_copy(scene.claim, scene.options, credentials).body["data"];
  CHECK(data["AWS_ACCESS_KEY_ID"] == "YQ==");
  CHECK(data["AWS_SECRET_ACCESS_KEY"] == "cw==");
  CHECK_FALSE(data.isMember("AWS_SESSION_TOKEN"));
  CHECK(secret_copy(scene.claim, scene.options, {"p", "a", "s", "t"}).body["data"]["AWS_SESSION_TOKEN"] == "dA==");
  scene.options.repository.kind = RepositoryOptions::Kind::Nfs;
  CHECK_FALSE(secret_copy(scene.claim, scene.options, credentials).body["data"].isMember("AWS_ACCESS_KEY_ID"));
}

TEST_CASE("nobody who reads the annotations of a copy can try passwords on them") {
  const Scene scene = home_nfs();
  const auto metadata = [&](const char* password) {
    return secret_copy(scene.claim, scene.options, {password, "", "", ""}).body["metadata"];
  };
  CHECK(metadata("one") == metadata("another"));
}

TEST_CASE("a copy is the same with the same data, whatever others add, and not where a key of ours is left over") {
  const Scene scene = home_nfs();
  const Object copy = secret_copy(scene.claim, scene.options, {"p", "", "", ""});
  const core::Observed there = applied(copy);
  Json::Value data = copy.body["data"];
  CHECK(same_copy(copy, there, data));
  data["KOPIA_PASSWORD"] = "eA==";
  CHECK_FALSE(same_copy(copy, there, data));
  CHECK_FALSE(same_copy(copy, there, Json::Value()));
  CHECK_FALSE(same_copy(secret_copy(scene.claim, scene.options, {"q", "", "", ""}), there, copy.body["data"]));
  data = copy.body["data"];
  data["OF_OTHERS"] = "eA==";
  CHECK(same_copy(copy, there, data));
  Scene bucket = home_nfs();
  bucket.options.repository.kind = RepositoryOptions::Kind::S3;
  const Object with_token = secret_copy(bucket.claim, bucket.options, {"p", "a", "s", "t"});
  const Object without = secret_copy(bucket.claim, bucket.options, {"p", "a", "s", ""});
  CHECK_FALSE(same_copy(without, applied(with_token), with_token.body["data"]));
}

TEST_CASE("the copy for the maintenance is nobody's PVC, and names the folder that is mounted there") {
  Scene scene = home_nfs();
  scene.options.own_namespace = "holdfast-system";
  scene.options.repository.mover_volumes = false;
  scene.options.repository.inject = true;
  const Object copy = maintenance_copy(scene.options, {"p", "", "", ""});
  CHECK(copy.name == "volsync-holdfast-maintenance");
  CHECK(copy.ns == "holdfast-system");
  CHECK_FALSE(copy.body["metadata"].isMember("ownerReferences"));
  CHECK(copy.body["data"]["KOPIA_FS_PATH"] == "L21udC9yZXBvc2l0b3J5");
}
