// `drill`, against a cluster that a test controls.
#include "holdfast/core/time.hpp"
#include "tests/unit/cli/source_desk.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

constexpr const char* kDrillRequested = "holdfast.dev/drill-requested";

struct Rehearsal : Desk {
  Rehearsal() {
    has_photos();
    objects.put(kube::kReplicationDestinations, parse(R"({"metadata": {"namespace": "media", "name": "photos-backup",
      "labels": {"app.kubernetes.io/managed-by": "holdfast"}}, "spec": {"paused": true}})"));
  }
  /// As the generator does when the drill that was asked for is over.
  void ends_when_asked(const std::string& problem = "") {
    set_afterwards([this, problem](const fakes::ApiRequest& request) {
      if (request.method != "PATCH") return;
      const std::string token = source()["metadata"]["annotations"][kDrillRequested].asString();
      objects.edit(kube::kReplicationDestinations, "media", "photos-backup", [&](Json::Value& destination) {
        Json::Value& said = destination["metadata"]["annotations"];
        said["holdfast.dev/drill-made"] = token;
        said["holdfast.dev/drill-ended"] = "2026-03-01T12:00:00Z";
        if (!problem.empty()) said["holdfast.dev/drill-problem"] = problem;
      });
    });
  }
};

/// A drill with this status.
void put_run(Rehearsal& desk, const std::string& status) {
  Json::Value run = parse(R"({"metadata": {"namespace": "media", "name": "photos-drill",
    "labels": {"app.kubernetes.io/managed-by": "holdfast"}}, "spec": {"trigger": {"manual": "drill-1"}}})");
  run["status"] = parse(status);
  desk.objects.put(kube::kReplicationDestinations, run);
}

}  // namespace

TEST_CASE("a drill is asked for by an annotation that only the ReplicationSource gets") {
  Rehearsal desk;
  const Ending ending = desk.run({"drill", "media/photos"});
  CHECK(ending.code == cli::kOk);
  CHECK_THAT(ending.out, Contains("media/photos  requested  a drill was asked for"));
  CHECK(core::parse_rfc3339(desk.source()["metadata"]["annotations"][kDrillRequested].asString()));
  CHECK(desk.objects.writes().size() == 1);
}

TEST_CASE("a drill may be asked for while backups are paused: what there is can be restored") {
  Rehearsal desk;
  desk.edit(pause_source);
  CHECK(desk.run({"drill", "media/photos"}).code == cli::kOk);
}

TEST_CASE("a drill that is waited for ends as its destination says") {
  Rehearsal desk;
  SECTION("well") {
    desk.ends_when_asked();
    const Ending ending = desk.run({"drill", "media/photos", "--wait", "--timeout", "1m"});
    CHECK(ending.code == cli::kOk);
    CHECK_THAT(ending.out, Contains("media/photos  verified") && Contains("2026-03-01T12:00:00Z"));
  }
  SECTION("badly") {
    desk.ends_when_asked("the mover selected no snapshot");
    const Ending ending = desk.run({"drill", "media/photos", "--wait", "--timeout", "1m"});
    CHECK(ending.code == cli::kCheckFailed);
    CHECK_THAT(ending.out, Contains("media/photos  failed  the mover selected no snapshot"));
  }
}

TEST_CASE("a drill that does not end is waited for until there is no more time") {
  Rehearsal desk;
  SECTION("nobody has begun it") {
    const Ending ending = desk.run({"drill", "media/photos", "--wait", "--timeout", "1ms"});
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("# media/photos: waits for its turn"));
  }
  SECTION("its mover works") {
    put_run(desk, R"({"lastSyncStartTime": "2026-03-01T12:00:00Z"})");
    const Ending ending = desk.run({"drill", "media/photos", "--wait", "--timeout", "1ms"});
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("is restored into a temporary volume"));
  }
}

TEST_CASE("a drill whose request is taken off is not waited for") {
  Rehearsal desk;
  desk.after_patch([](Json::Value& source) { source["metadata"]["annotations"].removeMember(kDrillRequested); });
  const Ending ending = desk.run({"drill", "media/photos", "--wait", "--timeout", "1m"});
  CHECK(ending.code == cli::kCheckFailed);
  CHECK_THAT(ending.out, Contains("the request is not on its ReplicationSource any more"));
}
