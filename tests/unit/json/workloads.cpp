#include <catch2/catch.hpp>

#include <string>

#include "holdfast/json/objects.hpp"
#include "tests/unit/json/jsoncpp.hpp"
#include "tests/unit/json/read_object.hpp"

using namespace holdfast;
using namespace holdfast::json;
using Catch::Contains;

namespace {

core::Job job(const std::string& status) {
  return good(read_job(R"({"metadata":{"name":"j"},"spec":{"backoffLimit":8},"status":)" + status + "}"));
}

/// With `status`, and a container that mounts the PVC `data`.
core::Pod pod(const std::string& status, const std::string& security = "{}", const std::string& own = "{}") {
  return good(read_pod(R"({"metadata":{"name":"p","namespace":"media"},"spec":{"securityContext":)" + security +
                       R"(,"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}},
                          {"name":"c","configMap":{"name":"x"}},
                          {"name":"w","persistentVolumeClaim":{"claimName":"unmounted"}}],
                         "containers":[{"name":"app","securityContext":)" +
                       own + R"(,"volumeMounts":[{"name":"v","mountPath":"/data"},{"name":"c","mountPath":"/c"}]},
                         {"name":"other","securityContext":{"runAsUser":77}}],
                         "initContainers":[{"name":"chown","securityContext":{"runAsUser":0},
                                            "volumeMounts":[{"name":"v","mountPath":"/data"}]}]},"status":)" +
                       status + "}"));
}

}  // namespace

TEST_CASE("a job runs until it has completed or failed, and while a pod is under way") {
  CHECK(job("{}").running);
  CHECK(job(R"({"active":1})").running);
  CHECK(job(R"({"failed":1})").running);
  CHECK(job(R"({"conditions":[{"type":"Complete","status":"False"},{"type":"Suspended","status":"True"}]})").running);
  CHECK(job(R"({"active":1,"conditions":[{"type":"Failed","status":"True"}]})").running);
  CHECK_FALSE(job(R"({"succeeded":1,"conditions":[{"type":"Complete","status":"True"}]})").running);
  CHECK_FALSE(job(R"({"active":0,"conditions":[{"type":"Failed","status":"True"}]})").running);
  CHECK(fault(read_job(R"({"status":{"active":"1"}})")) == "status.active: expected a number, found a string");
}

TEST_CASE("a job says how many of its pods failed, of how many tries, and how many are ready") {
  const core::Job read = job(R"({"active":1,"ready":0,"failed":3,"startTime":"2026-03-01T12:00:00Z","conditions":[]})");
  CHECK(read.failed == 3);
  CHECK(read.active == 1);
  CHECK(read.ready == 0);
  CHECK(read.backoff_limit == 8);
  CHECK(read.started == core::parse_rfc3339("2026-03-01T12:00:00Z"));
  CHECK_FALSE(read.complete);
  CHECK(job(R"({"conditions":[{"type":"Complete","status":"True"}]})").complete);
  CHECK_FALSE(job(R"({"active":1})").ready);
  CHECK(good(read_job("{}")).backoff_limit == 6);
}

TEST_CASE("a job that has ended says so, why it failed, and which of its pods succeeded before they are counted") {
  const core::Job failed = job(R"({"conditions":[{"type":"FailureTarget","status":"True","reason":"x"},
    {"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"Job has reached\nthe limit"}]})");
  CHECK(failed.ended);
  CHECK_FALSE(failed.complete);
  CHECK(failed.failure == "BackoffLimitExceeded: Job has reached the limit");
  CHECK(job(R"({"conditions":[{"type":"Complete","status":"True"}]})").ended);
  CHECK(job(R"({"conditions":[{"type":"Complete","status":"True"}]})").failure.empty());
  CHECK_FALSE(job(R"({"active":1})").ended);
  CHECK(job(R"({"uncountedTerminatedPods":{"succeeded":["uid-1"],"failed":["uid-2"]}})").succeeded == 1);
  CHECK(job(R"({"succeeded":1,"uncountedTerminatedPods":{}})").succeeded == 1);
  CHECK(job(R"({"uncountedTerminatedPods":{"failed":["uid-2"]}})").succeeded == 0);
}

TEST_CASE("an Event is read whoever wrote it, and by the newest of its times") {
  const json::Said said = good(read_event(R"({"type":"Warning","reason":"FailedCreate","message":"Error\ncreating",
    "source":{"component":"job-controller"},"reportingComponent":"","eventTime":null,
    "metadata":{"creationTimestamp":"2026-03-01T12:00:00Z"},"firstTimestamp":"2026-03-01T12:00:00Z",
    "lastTimestamp":"2026-03-01T12:05:00Z"})"));
  CHECK(said.warning);
  CHECK(said.by == "job-controller");
  CHECK(said.text == "FailedCreate: Error creating");
  CHECK(said.last == core::parse_rfc3339("2026-03-01T12:05:00Z"));
  const json::Said series = good(read_event(R"({"type":"Normal","reportingComponent":"scheduler","firstTimestamp":null,
    "eventTime":"2026-03-01T12:00:00.123456Z","series":{"count":3,"lastObservedTime":"2026-03-01T12:07:00.000001Z"}})"));
  CHECK_FALSE(series.warning);
  CHECK(series.by == "scheduler");
  CHECK(series.last == core::parse_rfc3339("2026-03-01T12:07:00.000001Z"));
  CHECK(good(read_event(R"({"message":")" + std::string(5000, 'x') + R"("})")).text.size() <= 640);
  CHECK(fault(read_event(R"({"type":1})")) == "type: expected a string, found a number");
}

TEST_CASE("a failed pod says with what its container ended") {
  const core::Pod read = pod(R"({"phase":"Failed","containerStatuses":[
    {"name":"sidecar","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
    {"name":"kopia","state":{"terminated":{"exitCode":137,"reason":"OOMKilled","message":"two\nlines"}}}]})");
  CHECK(read.failure == "container kopia ended with exit code 137, OOMKilled: two lines");
  CHECK(read.over);
  CHECK(read.waiting.empty());
  CHECK(pod(R"({"phase":"Failed","reason":"Evicted","message":"low on memory"})").failure == "Evicted: low on memory");
  CHECK(pod(R"({"phase":"Failed"})").failure == "its pod failed");
  CHECK(pod(R"({"phase":"Running","containerStatuses":[
    {"name":"kopia","state":{"terminated":{"exitCode":1}}}]})")
            .failure.empty());
}

TEST_CASE("a pod that cannot begin says why, and one that is about to is not stuck") {
  const auto waiting = [](const std::string& reason, const std::string& message) {
    return pod(R"({"phase":"Pending","containerStatuses":[{"name":"kopia","state":{"waiting":{"reason":")" + reason +
               R"(","message":")" + message + R"("}}}]})");
  };
  const core::Pod secret = waiting("CreateContainerConfigError", "secret volsync-data not found");
  CHECK(secret.waiting == "CreateContainerConfigError: secret volsync-data not found");
  CHECK(secret.stuck);
  CHECK(waiting("ImagePullBackOff", "Back-off pulling image").stuck);
  CHECK(waiting("ContainerCreating", "").waiting == "ContainerCreating");
  CHECK_FALSE(waiting("ContainerCreating", "").stuck);
  CHECK_FALSE(waiting("PodInitializing", "").stuck);

  const auto unscheduled = [](const std::string& message) {
    return pod(R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable",
                   "message":")" +
               message + R"("}]})");
  };
  CHECK(unscheduled("0/3 nodes are available").waiting == "Unschedulable: 0/3 nodes are available");
  CHECK(unscheduled("0/3 nodes are available").stuck);
  CHECK_FALSE(unscheduled("pod has unbound immediate PersistentVolumeClaims").stuck);
  CHECK(pod(R"({"phase":"Running"})").waiting.empty());
}

TEST_CASE("what a pod says of itself is cut") {
  const std::string much(5000, 'x');
  const core::Pod failed =
      pod(R"({"phase":"Failed","containerStatuses":[{"name":")" + much +
          R"(","state":{"terminated":{"exitCode":1,"reason":")" + much + R"(","message":")" + much + R"("}}}]})");
  CHECK(failed.failure.size() <= 350);
  const core::Pod waits = pod(R"({"phase":"Pending","containerStatuses":[{"name":"k","state":{"waiting":{"reason":")" +
                              much + R"(","message":")" + much + R"("}}}]})");
  CHECK(waits.waiting.size() <= 300);
}

TEST_CASE("a pod uses the PVCs that its containers mount, as whom the container says, else the pod") {
  const auto ids = R"({"runAsUser":568,"runAsGroup":569,"fsGroup":570})";
  const core::Pod read = pod("{}", ids);
  REQUIRE(read.uses.size() == 1);
  CHECK(read.uses[0].claim == "data");
  CHECK(read.uses[0].as == core::RunsAs{568, 569, 570});
  CHECK(pod("{}", ids, R"({"runAsUser":1000})").uses.at(0).as == core::RunsAs{1000, 569, 570});
  CHECK(pod("{}").uses.at(0).as == core::RunsAs{});
  CHECK(fault(read_pod(R"({"metadata":{}})")) == "metadata.name: missing");
}
