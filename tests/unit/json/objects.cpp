#include <catch2/catch.hpp>

#include <string>

#include "holdfast/json/objects.hpp"
#include "tests/unit/json/jsoncpp.hpp"
#include "tests/unit/json/read_object.hpp"

using namespace holdfast;
using namespace holdfast::json;
using Catch::Contains;

namespace {

core::Time at(const char* text) { return core::parse_rfc3339(text).value(); }

constexpr auto kClaim = R"({
  "kind": "PersistentVolumeClaim", "apiVersion": "v1",
  "metadata": {
    "name": "data", "namespace": "apps", "uid": "u-1", "resourceVersion": "12",
    "creationTimestamp": "2026-03-01T12:00:00Z", "deletionTimestamp": "2026-03-02T12:00:00Z",
    "labels": {"backup": "daily"}, "annotations": {"a": "b"}, "finalizers": ["kubernetes.io/pvc-protection"],
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "x", "controller": true}]
  },
  "spec": {
    "accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "resources": {"requests": {"storage": "10Gi"}},
    "storageClassName": "fast", "volumeMode": "Filesystem", "volumeName": "pv-1",
    "dataSourceRef": {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "data-backup"}
  },
  "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "12Gi"}}})";

constexpr auto kDestination = R"({
  "apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
  "metadata": {"name": "data-restore", "namespace": "apps", "uid": "u-2", "resourceVersion": "13",
    "creationTimestamp": "2026-03-01T12:00:00Z", "labels": {"l": "1"}, "annotations": {"a": "2"},
    "ownerReferences": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "data", "uid": "u-1"}]},
  "spec": {"trigger": { "manual" : "t-1"}, "kopia":{}},
  "status": {
    "lastManualSync": "t-1", "lastSyncTime": "2026-03-01T13:00:00Z", "lastSyncStartTime": "2026-03-01T12:59:00Z",
    "latestImage": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "snap"},
    "latestMoverStatus": {"result": "Successful", "logs": "Restored 3 files"},
    "conditions": [{"type": "Synchronizing", "status": "True", "reason": "SyncInProgress", "message": "m"}]
  }})";

}  // namespace

TEST_CASE("a claim is read with all that is kept of it") {
  const core::Claim claim = good(read_claim(kClaim));
  CHECK(claim.pvc.ns == "apps");
  CHECK(claim.pvc.name == "data");
  CHECK(claim.pvc.labels == core::StringMap{{"backup", "daily"}});
  CHECK(claim.pvc.annotations == core::StringMap{{"a", "b"}});
  CHECK(claim.pvc.has_annotations);
  CHECK(claim.pvc.owners.at(0).controller);
  CHECK(claim.pvc.storage_class == "fast");
  CHECK(claim.pvc.volume_name == "pv-1");
  CHECK(claim.pvc.requested_bytes == std::int64_t{10} << 30);
  CHECK(claim.pvc.data_source_ref->name == "data-backup");
  CHECK(claim.uid == "u-1");
  CHECK(claim.resource_version == "12");
  CHECK(claim.created == at("2026-03-01T12:00:00Z"));
  CHECK(claim.deleting);
  CHECK(claim.phase == core::Claim::Phase::Bound);
  CHECK(claim.access_modes == std::vector<std::string>{"ReadWriteOnce", "ReadOnlyMany"});
  CHECK(claim.requested == "10Gi");
  CHECK(claim.capacity == "12Gi");
}

TEST_CASE("of a claim only the name must be there") {
  const core::Claim claim = good(read_claim(R"({"metadata":{"name":"data"}})"));
  CHECK(claim.phase == core::Claim::Phase::Pending);
  CHECK_FALSE(claim.created);
  CHECK_FALSE(claim.deleting);
  CHECK(claim.requested.empty());
  CHECK(fault(read_claim("{}")) == "metadata.name: missing");
}

TEST_CASE("the phases of a claim are three") {
  const auto phase = [](const std::string& word) {
    return read_claim(R"({"metadata":{"name":"d"},"status":{"phase":")" + word + "\"}}");
  };
  CHECK(good(phase("Pending")).phase == core::Claim::Phase::Pending);
  CHECK(good(phase("Lost")).phase == core::Claim::Phase::Lost);
  CHECK(fault(phase("Released")) == "status.phase: expected Pending, Bound or Lost");
}

TEST_CASE("what is kept of a claim has the right type, or the field is named") {
  const auto with = [](const char* part, const char* field, const Json::Value& value) {
    Json::Value document = test::parse(kClaim);
    document[part][field] = value;
    return fault(read_claim(test::print(document)));
  };
  CHECK(with("metadata", "labels", 7) == "metadata.labels: expected an object, found a number");
  CHECK(with("metadata", "uid", true) == "metadata.uid: expected a string, found a boolean");
  CHECK(with("metadata", "creationTimestamp", "yesterday") ==
        "metadata.creationTimestamp: expected a time in RFC 3339");
  CHECK(with("spec", "accessModes", "ReadWriteOnce") == "spec.accessModes: expected an array, found a string");
  CHECK_THAT(with("spec", "accessModes", test::parse("[7]")), Contains("spec.accessModes[0]: expected a string"));
  CHECK(with("spec", "resources", test::parse(R"({"requests":{"storage":"much"}})")) ==
        "spec.resources.requests.storage: not a quantity of bytes");
  CHECK(with("status", "phase", test::parse("[]")) == "status.phase: expected a string, found an array");
  CHECK(with("status", "unknown", 7) == "no fault");
}

TEST_CASE("metadata is read of any object, with its owners") {
  const core::Meta meta = good(read_meta(kDestination));
  CHECK(meta.ns == "apps");
  CHECK(meta.name == "data-restore");
  CHECK(meta.uid == "u-2");
  CHECK(meta.resource_version == "13");
  CHECK(meta.created == at("2026-03-01T12:00:00Z"));
  CHECK_FALSE(meta.deleting);
  CHECK(meta.labels == core::StringMap{{"l", "1"}});
  CHECK(meta.annotations == core::StringMap{{"a", "2"}});
  CHECK(meta.owners == std::vector<core::Meta::Owner>{{"PersistentVolumeClaim", "data", "u-1"}});
  CHECK(good(read_meta(kClaim)).deleting);
}

TEST_CASE("an object of ours is read with its spec as text and VolSync's word on it") {
  const core::Observed observed = good(read_observed(kDestination));
  CHECK(observed.meta.name == "data-restore");
  CHECK(observed.meta.owners.size() == 1);
  CHECK(observed.spec == R"({"trigger": { "manual" : "t-1"}, "kopia":{}})");
  CHECK(observed.status.last_manual_sync == "t-1");
  CHECK(observed.status.last_sync == at("2026-03-01T13:00:00Z"));
  CHECK(observed.status.sync_started == at("2026-03-01T12:59:00Z"));
  CHECK(observed.status.synchronizing);
  CHECK(observed.status.mover_result == "Successful");
  CHECK(observed.status.mover_logs == "Restored 3 files");
  CHECK(observed.status.image == core::Image{"snapshot.storage.k8s.io", "VolumeSnapshot", "snap"});
  CHECK(observed.ready.empty());
}

TEST_CASE("an object without spec and status is one of which nothing is known") {
  const core::Observed observed = good(read_observed(R"({"metadata":{"name":"x"},"status":{"latestImage":null}})"));
  CHECK(observed.spec.empty());
  CHECK_FALSE(observed.status.image);
  CHECK_FALSE(observed.status.synchronizing);
  CHECK_FALSE(observed.status.last_sync);
  CHECK(fault(read_observed(R"({"spec":{}})")) == "metadata.name: missing");
}

TEST_CASE("only a true condition counts as synchronizing") {
  const auto with = [](const char* status) {
    return good(read_observed(std::string(R"({"metadata":{"name":"x"},"status":{"conditions":[
      {"type":"Other","status":"True"},{"type":"Synchronizing","status":")") +
                              status + "\"}]}}"))
        .status.synchronizing;
  };
  CHECK(with("True"));
  CHECK_FALSE(with("False"));
  CHECK_FALSE(with("Unknown"));
}

TEST_CASE("why VolSync cannot go on is kept, and since when; other reasons are no error") {
  const auto with = [](const std::string& reason) {
    return good(read_observed(R"({"metadata":{"name":"x"},"status":{"conditions":[{"type":"Synchronizing",
             "status":"False","reason":")" +
                              reason + R"(","message":"no\nSecret","lastTransitionTime":"2026-03-01T12:00:00Z"}]}})"))
        .status;
  };
  CHECK(with("Error").error == "no Secret");
  CHECK(with("Error").error_since == at("2026-03-01T12:00:00Z"));
  CHECK_FALSE(with("Error").synchronizing);
  CHECK(with("WaitingForSchedule").error.empty());
  CHECK_FALSE(with("WaitingForSchedule").error_since);
}

TEST_CASE("an ExternalSecret is ready, or says why not") {
  const auto ready = [](const char* condition) {
    return good(read_observed(std::string(R"({"metadata":{"name":"x"},"status":{"conditions":[)") + condition + "]}}"))
        .ready;
  };
  CHECK(ready(R"({"type":"Ready","status":"True","reason":"SecretSynced","message":"done"})") == "True");
  CHECK(ready(R"({"type":"Ready","status":"False","reason":"SecretSyncedError","message":"no\nstore"})") ==
        "SecretSyncedError: no store");
  CHECK(ready(R"({"type":"Deleted","status":"True"})").empty());
}

TEST_CASE("of a long mover log the end is kept, and no half of a character") {
  Json::Value document = test::parse(kDestination);
  document["status"]["latestMoverStatus"]["logs"] = std::string(100'000, 'x') + "\nRestored 9 files";
  const std::string kept = good(read_observed(test::print(document))).status.mover_logs;
  CHECK(kept.size() == 16 * 1024);
  CHECK_THAT(kept, Catch::EndsWith("\nRestored 9 files"));

  std::string wide;
  for (int i = 0; i < 10'000; ++i) wide += "\xC3\xA9";
  document["status"]["latestMoverStatus"]["logs"] = wide + "!";
  const std::string cut = good(read_observed(test::print(document))).status.mover_logs;
  CHECK(cut.size() == 16 * 1024 - 1);
  CHECK(cut.starts_with("\xC3\xA9"));
}

TEST_CASE("a wrong type in what VolSync wrote is a fault that names it") {
  const auto with = [](const char* field, const Json::Value& value) {
    Json::Value document = test::parse(kDestination);
    document["status"][field] = value;
    return fault(read_observed(test::print(document)));
  };
  CHECK(with("lastManualSync", 7) == "status.lastManualSync: expected a string, found a number");
  CHECK(with("lastSyncTime", "soon") == "status.lastSyncTime: expected a time in RFC 3339");
  CHECK(with("latestImage", "x") == "status.latestImage: expected an object, found a string");
  CHECK(with("conditions", test::parse("{}")) == "status.conditions: expected an array, found an object");
  Json::Value document = test::parse(kDestination);
  document["spec"] = "text";
  CHECK(fault(read_observed(test::print(document))) == "spec: expected an object, found a string");
}

TEST_CASE("what VolSync says of the repository's maintenance is read: its conditions, its last success, its failures") {
  const core::Maintenance maintenance =
      good(read_maintenance(R"({"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},
    "spec":{"schedule":"x"},"status":{"activeCronJob":"c","lastMaintenanceTime":"2026-03-01T12:00:00Z","maintenanceFailures":2,
    "conditions":[{"type":"Progressing","status":"True","reason":"ReconcileError","message":"m"},
                  {"type":"MaintenanceHealthy","status":"True","reason":"OperatingNormally","message":"fine"},
                  {"type":"Ready","status":"False","reason":"ReconcileFailed","message":"no\nsecret"}]}})"));
  CHECK(core::format_seconds(*maintenance.created) == "2026-01-01T00:00:00Z");
  CHECK(core::format_seconds(*maintenance.last_success) == "2026-03-01T12:00:00Z");
  CHECK(maintenance.failures == 2);
  CHECK(maintenance.ready == "ReconcileFailed: no secret");
  CHECK(maintenance.healthy == "True");
  const core::Maintenance fresh = good(read_maintenance(R"({"metadata":{"name":"m"}})"));
  CHECK((fresh.ready.empty() && fresh.healthy.empty() && !fresh.created && !fresh.last_success));
  CHECK(fault(read_maintenance(R"({"status":{"lastMaintenanceTime":"today"}})")) ==
        "status.lastMaintenanceTime: expected a time in RFC 3339");
}

TEST_CASE("words of a maintenance's condition are cut") {
  const std::string long_one(5000, 'x');
  const core::Maintenance maintenance = good(read_maintenance(
      R"({"status":{"conditions":[{"type":"Ready","status":"False","reason":"R","message":")" + long_one + R"("}]}})"));
  CHECK(maintenance.ready.size() < 600);
}

TEST_CASE("a job of the maintenance runs, has succeeded, or has failed for a reason") {
  using State = core::MaintenanceRun::State;
  const auto run = [](const char* status) {
    return good(read_maintenance_run(
        std::string(R"({"metadata":{"name":"j","creationTimestamp":"2026-01-01T00:00:00Z"},"status":)") + status +
        "}"));
  };
  CHECK(run("{}").state == State::Running);
  CHECK(run(R"({"failed":3,"conditions":[{"type":"Failed","status":"False"}]})").state == State::Running);
  CHECK(run(R"({"conditions":[{"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"}]})")
            .state == State::Succeeded);
  const core::MaintenanceRun failed = run(R"({"conditions":[{"type":"FailureTarget","status":"True","reason":"x"},
    {"type":"Failed","status":"True","reason":"DeadlineExceeded","message":"too long"}]})");
  CHECK(failed.state == State::Failed);
  CHECK(failed.failure == "DeadlineExceeded: too long");
  CHECK(failed.name == "j");
  CHECK(core::format_seconds(*failed.created) == "2026-01-01T00:00:00Z");
  CHECK(fault(read_maintenance_run(R"({"metadata":{}})")) == "metadata.name: missing");
}

TEST_CASE("a lease is read as it stands, its time not understood") {
  const Lease lease = good(read_lease(R"({"kind":"Lease","metadata":{"name":"l","resourceVersion":"5"},
    "spec":{"holderIdentity":"a","leaseDurationSeconds":15,"renewTime":"2026-03-01T12:00:00.000001Z",
            "leaseTransitions":2}})"));
  CHECK(lease.resource_version == "5");
  CHECK(lease.holder == "a");
  CHECK(lease.duration_seconds == 15);
  CHECK(lease.renew_time == "2026-03-01T12:00:00.000001Z");
  CHECK(lease.transitions == 2);
}

TEST_CASE("a lease that nobody holds has no holder, and one without a version is none") {
  CHECK(good(read_lease(R"({"metadata":{"resourceVersion":"5"},"spec":{"holderIdentity":null}})")).holder.empty());
  CHECK(good(read_lease(R"({"metadata":{"resourceVersion":"5"}})")).holder.empty());
  CHECK(fault(read_lease("{}")) == "metadata.resourceVersion: missing");
  CHECK(fault(read_lease(R"({"metadata":{"resourceVersion":"5"},"spec":{"leaseDurationSeconds":1.5}})")) ==
        "spec.leaseDurationSeconds: expected an integer");
  CHECK(fault(read_lease(R"({"metadata":{"resourceVersion":"5"},"spec":{"leaseTransitions":1e99}})")) ==
        "spec.leaseTransitions: expected an integer");
}

TEST_CASE("a status says what the API server says, and what it does not say is empty") {
  const ApiStatus status = good(read_status(R"({"kind":"Status","status":"Failure","message":"m","reason":"Conflict",
    "details":{"name":"x","retryAfterSeconds":3},"code":409})"));
  CHECK(status.code == 409);
  CHECK(status.reason == "Conflict");
  CHECK(status.message == "m");
  CHECK(status.retry_after_seconds == 3);
  CHECK(good(read_status("{}")).code == 0);
  CHECK(fault(read_status(R"({"code":99999999999})")) == "code: the number is out of range");
  CHECK_THAT(fault(read_status("upstream connect error")), Contains("not JSON"));
}

TEST_CASE("a ConfigMap gives its version and its data") {
  const auto map =
      good(read_config_map(R"({"metadata":{"resourceVersion":"7"},"data":{"a":"b"},"binaryData":{"c":"ZA=="}})"));
  CHECK(map.resource_version == "7");
  CHECK(map.data == core::StringMap{{"a", "b"}});
  CHECK(good(read_config_map("{}")).data.empty());
  CHECK(fault(read_config_map(R"({"data":[]})")) != "no fault");
}

TEST_CASE("every reader stands what a broken or hostile server sends") {
  const std::string claim = kClaim;
  const std::string deep = R"({"x":)" + std::string(50'000, '[');
  const std::string twice = R"({"metadata":{"name":"a"},"metadata":{"name":"b"}})";
  const std::string huge = R"({"x":")" + std::string(3 * 1024 * 1024, 'x') + "\"}";
  std::string many = R"({"x":[0)";
  for (int i = 0; i < 200'001; ++i) many += ",0";
  many += "]}";
  const auto all = [](const std::string& text) {
    return std::vector<std::string>{
        fault(read_meta(text)),   fault(read_claim(text)),       fault(read_observed(text)),
        fault(read_job(text)),    fault(read_pod(text)),         fault(read_lease(text)),
        fault(read_status(text)), fault(read_maintenance(text)), fault(read_maintenance_run(text))};
  };
  for (const std::string& problem : all(deep)) CHECK_THAT(problem, Contains("nested deeper than 128 levels"));
  for (const std::string& problem : all(twice)) CHECK_THAT(problem, Contains("metadata: this key occurs twice"));
  for (const std::string& problem : all(huge)) CHECK_THAT(problem, Contains("longer than 3145728 bytes"));
  for (const std::string& problem : all(many)) CHECK_THAT(problem, Contains("more than 200000 keys and values"));
  for (const char* text : {"", "null", "[]", "7", "{", "{} {}", "\xFF", "{\"metadata\":\"\"}"}) {
    INFO(text);
    CHECK(fault(read_claim(text)) != "no fault");
  }
  for (std::size_t size = 0; size < claim.size(); ++size) CHECK(fault(read_claim(claim.substr(0, size))) != "no fault");
}

TEST_CASE("a class is read with its driver, which the two kinds call differently") {
  const core::DriverClass storage = good(read_storage_class(
      R"({"metadata":{"name":"fast"},"provisioner":"a.csi","driver":"x","parameters":{"kind":"fast"}})"));
  CHECK(storage.name == "fast");
  CHECK(storage.driver == "a.csi");
  const core::DriverClass snapshots = good(read_snapshot_class(
      R"({"metadata":{"name":"snap"},"driver":"a.csi","provisioner":"x","deletionPolicy":"Delete"})"));
  CHECK(snapshots.name == "snap");
  CHECK(snapshots.driver == "a.csi");
  CHECK(fault(read_storage_class(R"({"provisioner":"a.csi"})")) == "metadata.name: missing");
  CHECK(fault(read_snapshot_class(R"({"metadata":{"name":"s"},"driver":7})")) ==
        "driver: expected a string, found a number");
}

TEST_CASE("of a volume snapshot its size is read as written and in bytes") {
  const auto with = [](const char* status) {
    return good(read_volume_snapshot(std::string(R"({"metadata":{"name":"s"},"status":)") + status + "}"));
  };
  const core::VolumeSnapshot ready = with(R"({"readyToUse":true,"restoreSize":"2Gi"})");
  CHECK(ready.ready);
  CHECK(ready.restore_size == "2Gi");
  CHECK(ready.restore_bytes == std::int64_t{2} << 30);
  CHECK(with(R"({"restoreSize":2147483648})").restore_bytes == std::int64_t{2} << 30);
  for (const char* silent : {R"({"readyToUse":false})", "{}", "null"}) {
    CHECK_FALSE(with(silent).ready);
    CHECK_FALSE(with(silent).restore_bytes);
  }
  CHECK_FALSE(good(read_volume_snapshot(R"({"metadata":{"name":"s"}})")).ready);
  CHECK(fault(read_volume_snapshot(R"({"status":{"restoreSize":"much"}})")) ==
        "status.restoreSize: not a quantity of bytes");
}
