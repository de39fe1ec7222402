#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

Options on_nfs() {
  Options options;
  options.own_namespace = "holdfast";
  options.repository.kind = RepositoryOptions::Kind::Nfs;
  options.repository.server = "nas";
  options.repository.path = "/kopia";
  return options;
}

std::vector<Part> parts(const std::vector<Object>& objects) {
  std::vector<Part> result;
  for (const Object& object : objects) result.push_back(object.part);
  return result;
}

Object cleanup_policy(const core::Policy& policy) {
  Options options;
  options.kyverno_cleanup = true;
  return installation_objects(policy, options).at(0);
}

Json::Value context(const Options& options) {
  return installation_objects({}, options).at(0).body["spec"]["podSecurityContext"];
}

std::string question(const core::Policy& policy) {
  return cleanup_policy(policy).body["spec"]["context"][0]["apiCall"]["jmesPath"].asString();
}

}  // namespace

TEST_CASE("a repository that is known is maintained twice a day, in our namespace") {
  const auto objects = installation_objects({}, on_nfs());
  REQUIRE(parts(objects) == std::vector{Part::Maintenance});
  const Object& maintenance = objects[0];
  CHECK(maintenance.ns == "holdfast");
  CHECK(maintenance.name == "holdfast-maintenance");
  CHECK(maintenance.body["spec"] == parse(R"({"trigger": {"schedule": "0 */12 * * *"},
    "repository": {"repository": "volsync-holdfast-maintenance"},
    "podSecurityContext": {"runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                           "seccompProfile": {"type": "RuntimeDefault"}},
    "moverVolumes": [{"mountPath": "repository", "volumeSource": {"nfs": {"server": "nas", "path": "/kopia"}}}]})"));
  CHECK_FALSE(maintenance.body["metadata"].isMember("ownerReferences"));
  CHECK(maintenance.body["metadata"]["labels"] == parse(R"({"app.kubernetes.io/managed-by": "holdfast"})"));
}

TEST_CASE("maintenance runs as the movers do, whose files only they may read") {
  Options options = on_nfs();
  options.backup.security_context = full_security_context();
  const auto objects = installation_objects({}, options);
  CHECK(objects.at(0).body["spec"]["podSecurityContext"]["runAsUser"] == 1000);
}

TEST_CASE("maintenance of which nothing is said runs as holdfast does, which reads the same files") {
  Options options = on_nfs();
  options.own_user = 568;
  CHECK(context(options) == parse(R"({"runAsUser": 568, "runAsGroup": 568, "fsGroup": 568,
                                      "seccompProfile": {"type": "RuntimeDefault"}})"));
  options.backup.security_context.emplace().fs_group = 7;  // that names no user
  CHECK(context(options)["runAsUser"] == 568);
  CHECK(context(options)["fsGroup"] == 7);
}

TEST_CASE("maintenance has a user of its own where one is set") {
  Options options = on_nfs();
  options.backup.security_context = full_security_context();
  options.maintenance.mover.security_context.emplace().run_as_user = 2000;
  CHECK(context(options) == parse(R"({"runAsUser": 2000, "seccompProfile": {"type": "RuntimeDefault"}})"));
}

TEST_CASE("maintenance as root gets a container that may be root's, and may write over what movers have left") {
  Options options = on_nfs();
  options.own_user = 0;
  const Json::Value spec = installation_objects({}, options).at(0).body["spec"];
  CHECK(spec["podSecurityContext"]["runAsUser"] == 0);
  CHECK(spec["containerSecurityContext"] == parse(R"({"allowPrivilegeEscalation": false, "privileged": false,
    "readOnlyRootFilesystem": true, "runAsNonRoot": false,
    "capabilities": {"drop": ["ALL"], "add": ["DAC_OVERRIDE"]}})"));
  options.own_user = 568;
  CHECK_FALSE(installation_objects({}, options).at(0).body["spec"].isMember("containerSecurityContext"));
}

TEST_CASE("maintenance has a Secret of its own where Secrets are ours to make") {
  Options options = on_nfs();
  options.secret = {.mode = SecretOptions::Mode::ExternalSecret, .store = "1password", .key = "rustfs"};
  const auto objects = installation_objects({}, options);
  REQUIRE(parts(objects) == std::vector{Part::MaintenanceSecret, Part::Maintenance});
  CHECK(objects[0].ns == "holdfast");
  CHECK(objects[0].name == "volsync-holdfast-maintenance");
  CHECK(objects[0].body["spec"]["target"]["name"] == "volsync-holdfast-maintenance");
  CHECK(objects[0].body["spec"]["target"]["template"]["data"]["KOPIA_REPOSITORY"] == "filesystem:///mnt/repository");
}

TEST_CASE("maintenance names its volume itself where movers get theirs injected: its Jobs cannot be told") {
  Options options = on_nfs();
  options.repository.inject = true;
  options.repository.mover_volumes = false;
  options.secret = {.mode = SecretOptions::Mode::ExternalSecret, .store = "1password", .key = "rustfs"};
  const auto objects = installation_objects({}, options);
  CHECK(objects.at(0).body["spec"]["target"]["template"]["data"]["KOPIA_REPOSITORY"] == "filesystem:///mnt/repository");
  CHECK(objects.at(1).body["spec"]["moverVolumes"][0]["mountPath"] == "repository");
}

TEST_CASE("maintenance runs as what auto falls back on") {
  Options options = on_nfs();
  options.backup.security_context.emplace().automatic = true;
  const auto user = [&] {
    return installation_objects({}, options).back().body["spec"]["podSecurityContext"]["runAsUser"].asInt64();
  };
  CHECK(user() == options.own_user);
  options.backup.security_context->run_as_user = 568;
  CHECK(user() == 568);
}

TEST_CASE("without a repository, a namespace or the wish there is no maintenance") {
  Options options = on_nfs();
  options.maintenance.enabled = false;
  CHECK(installation_objects({}, options).empty());
  options = on_nfs();
  options.own_namespace.clear();
  CHECK(installation_objects({}, options).empty());
  options = on_nfs();
  options.repository.kind = RepositoryOptions::Kind::None;
  CHECK(installation_objects({}, options).empty());
}

TEST_CASE("kyverno is told to delete, every quarter of an hour, our objects that no PVC wants") {
  const Object object = cleanup_policy({});
  CHECK(object.part == Part::CleanupPolicy);
  CHECK(object.ns.empty());
  CHECK(object.name == "volsync-orphan-cleanup");
  CHECK_FALSE(object.body["metadata"].isMember("namespace"));
  const Json::Value& spec = object.body["spec"];
  CHECK(spec["schedule"] == "*/15 * * * *");
  CHECK(spec["match"] == parse(R"({"any": [{"resources": {
    "kinds": ["volsync.backube/v1alpha1/ReplicationSource", "volsync.backube/v1alpha1/ReplicationDestination",
              "external-secrets.io/v1/ExternalSecret"],
    "selector": {"matchLabels": {"app.kubernetes.io/managed-by": "holdfast"},
                 "matchExpressions": [{"key": "volsync.backup/pvc", "operator": "Exists"}]}}}]})"));
  CHECK(spec["conditions"] == parse(R"({"all": [{"key": "{{ protectedPvcs }}", "operator": "Equals", "value": 0}]})"));
  CHECK(spec["context"][0]["name"] == "protectedPvcs");
  CHECK(spec["context"][0]["apiCall"]["urlPath"] ==
        "/api/v1/namespaces/{{ target.metadata.namespace }}/persistentvolumeclaims");
}

TEST_CASE("kyverno asks after the labels of the contracts that are on") {
  core::Policy policy;
  CHECK(question(policy) ==
        R"(length(items[?metadata.name == '{{ target.metadata.annotations."holdfast.dev/pvc" }}' && )"
        R"(((metadata.labels."backup-exempt" == 'true' && )"
        R"(!(metadata.annotations."volsync.backup/backup-exempt-reason")) || )"
        R"((metadata.labels."backup-exempt" != 'true' && )"
        R"((metadata.labels."backup" == 'hourly' || metadata.labels."backup" == 'daily')))]))");
  policy.plumber_contract = true;
  CHECK(question(policy).find(R"("pvc-plumber.io/enabled" == 'true')") != std::string::npos);
  CHECK(question(policy).find(R"(metadata.labels."backup" == 'daily')") != std::string::npos);
  policy.simple_contract = false;
  CHECK(question(policy).find(R"("pvc-plumber.io/manage-volsync" == 'true')") != std::string::npos);
  CHECK(question(policy).find(R"(metadata.labels."backup" == 'daily')") == std::string::npos);
}

TEST_CASE("kyverno asks after every annotation that may hold the reason of an exemption") {
  core::Policy policy;
  policy.exempt_reason_annotations = {"example.org/why", "why-not"};
  CHECK(question(policy).find(R"(!(metadata.annotations."example.org/why" || metadata.annotations."why-not"))") !=
        std::string::npos);
}

TEST_CASE("deleting is holdfast's own work unless kyverno was asked") {
  CHECK(installation_objects({}, Options{}).empty());
}
