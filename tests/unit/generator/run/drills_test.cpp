// Drills by a whole generator: their turns, what is told of them, and what is left.
#include <atomic>

#include "holdfast/base/clock.hpp"
#include "tests/unit/generator/household.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;

namespace {

/// Two PVCs with a backup each, of after their creation.
struct Rehearsing : Household {
  Rehearsing() {
    setup.options.drill_every = 0ms;
    setup.options.overlong_sync = 100'000h;  // the fake cluster makes all objects at one moment of old
    const std::string start = core::format_nanoseconds(base::utc_now() + 1h);
    shelf.hold(current({listed("one-backup@media:/data", kSnapshot, start),
                        listed("two-backup@media:/data", "1123456789abcdef0123456789abcdef", start)}));
    add_claim("one");
    add_claim("two");
    start_and_wait();
  }
  void start_and_wait() {
    start();
    REQUIRE(holdfast::test::eventually([&] { return is_complete("one") && is_complete("two"); }));
  }
  void ask(const std::string& pvc) {
    cluster.edit(kube::kReplicationSources, "media", pvc + "-backup", [](Json::Value& source) {
      source["metadata"]["annotations"]["holdfast.dev/drill-requested"] = "2026-03-01T12:00:00Z";
    });
  }
  bool drills(const std::string& pvc) const { return has(Part::Drill, pvc); }
  void finish(const std::string& pvc) {
    cluster.edit(kube::kReplicationDestinations, "media", pvc + "-drill", [&](Json::Value& run) {
      run["status"] = parse(R"({"lastSyncTime": "2026-03-01T12:00:00Z", "latestMoverStatus": {"result": "Successful"},
        "latestImage": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "drilled"}})");
      run["status"]["lastManualSync"] = run["spec"]["trigger"]["manual"];
      run["status"]["latestMoverStatus"]["logs"] = kCompleted;
    });
  }
};

}  // namespace

TEST_CASE("of two drills that are asked for together one waits for the other") {
  Rehearsing house;
  house.ask("one");
  house.ask("two");
  REQUIRE(holdfast::test::eventually([&] { return house.drills("one") || house.drills("two"); }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.drills("one") != house.drills("two"));
  const std::string first = house.drills("one") ? "one" : "two", second = house.drills("one") ? "two" : "one";
  house.finish(first);
  REQUIRE(holdfast::test::eventually([&] { return !house.drills(first); }));
  CHECK(house.audited(first).drill == "verified");
  CHECK(holdfast::test::eventually([&] { return house.drills(second); }));
}

TEST_CASE("while a drill is being written no other begins") {
  std::atomic<bool> is_being_written = false;
  Rehearsing house;
  house.cluster.set_faults([&](const fakes::ApiRequest& request) {
    const bool is_first = request.path.ends_with("-drill") && !is_being_written.exchange(true);
    return is_first ? fakes::Fault{.kind = fakes::Fault::Kind::Silent} : fakes::Fault{};
  });
  house.ask("one");
  REQUIRE(holdfast::test::eventually([&] { return is_being_written.load(); }));
  house.ask("two");
  REQUIRE(house.all_was_looked_at());
  CHECK_FALSE(house.drills("two"));
}

TEST_CASE("a drill is told by events and a metric, and is no gap") {
  Rehearsing house;
  house.ask("one");
  REQUIRE(holdfast::test::eventually([&] { return house.drills("one"); }));
  CHECK(holdfast::test::eventually([&] { return house.audited("one").drill == "running"; }));
  house.finish("one");
  REQUIRE(holdfast::test::eventually([&] { return !house.drills("one"); }));
  const auto tells = [&](const std::string& reason) {
    return holdfast::test::eventually([&] {
      const auto events = house.cluster.all(kube::kEvents);
      return std::ranges::any_of(events, [&](const Json::Value& event) { return event["reason"] == reason; });
    });
  };
  CHECK(tells("DrillStarted"));
  CHECK(tells("DrillVerified"));
  const AuditItem item = house.audited("one");
  CHECK(item.last_drill == core::parse_rfc3339("2026-03-01T12:00:00Z"));
  CHECK(item.gaps.empty());
}
