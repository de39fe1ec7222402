// A restore from its promise to its end, and the one look that commands take.
#include <atomic>

#include "tests/unit/generator/restoring.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

TEST_CASE("a promise is restored, verified, published, and after Bound nothing of the restore is left") {
  Restoring house;
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun) && house.has(Part::Destination); }));
  CHECK(house.held(Part::RestoreRun)["spec"]["kopia"]["restoreAsOf"] == kSnapshotStart);
  CHECK(house.shown().isNull());
  house.finish_run(counted(kFiles));
  REQUIRE(eventually([&] { return house.shown()["name"] == "restored"; }));
  house.edit_claim("data", [](Json::Value& claim) { claim["status"]["phase"] = "Bound"; });
  REQUIRE(eventually([&] { return !house.has(Part::RestoreRun) && house.shown().isNull(); }));
  CHECK(eventually([&] { return house.has(Part::Source); }));
  CHECK(house.metrics.text().find(R"(holdfast_restores_total{result="verified"} 1)") != std::string::npos);
  CHECK(house.metrics.text().find(R"(holdfast_restores_verified_total{by="counts"} 1)") != std::string::npos);
  CHECK(house.audited().verified_by == "counts");
}

TEST_CASE("a restore that the PVC's request does not cover is not published until it does, and it is said") {
  Restoring house;
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun) && house.has(Part::Destination); }));
  house.cluster.put(kube::kVolumeSnapshots, parse(R"({"metadata": {"namespace": "media", "name": "restored"},
    "status": {"readyToUse": true, "restoreSize": "11Gi"}})"));
  house.finish_run(counted(kFiles));
  REQUIRE(eventually([&] {
    const auto events = house.cluster.all(kube::kEvents);
    return std::any_of(events.begin(), events.end(),
                       [](const Json::Value& event) { return event["reason"] == "RestoreSizeExceedsRequest"; });
  }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.shown().isNull());
  const AuditItem item = house.audited();
  CHECK(item.gap);
  CHECK(item.restore == "verified");
  CHECK(std::any_of(item.gaps.begin(), item.gaps.end(),
                    [](const Gap& gap) { return gap.reason == "RestoreSizeExceedsRequest"; }));
  CHECK(house.metrics.text().find(
            R"(holdfast_pvc_gap{namespace="media",pvc="data",reason="RestoreSizeExceedsRequest"} 1)") !=
        std::string::npos);
}

TEST_CASE("what the repository held before the mover's end verifies nothing") {
  Restoring house;
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun) && house.has(Part::Destination); }));
  house.shelf.hold(current({listed(kOwnSource, std::string(32, 'b'), "2026-02-27T02:00:00Z")}));
  house.finish_run(kCompleted);
  REQUIRE(eventually([&] {
    return house.metrics.text().find(R"(holdfast_restores_total{result="unverified"} 1)") != std::string::npos;
  }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.shown().isNull());
}

TEST_CASE("a run that restored too little opens no destination") {
  Restoring house;
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun); }));
  house.finish_run(counted(kFiles - 1));
  REQUIRE(eventually([&] {
    return house.metrics.text().find(R"(holdfast_restores_total{result="unverified"} 1)") != std::string::npos;
  }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.shown().isNull());
}

TEST_CASE("an image is not published for the successor of the PVC that it was restored for") {
  Restoring house;
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun) && house.has(Part::Destination); }));
  house.cluster.set_faults([&](const fakes::ApiRequest& request) {
    // The watch of PVCs is blind from now on.
    const bool claims = request.path == "/api/v1/persistentvolumeclaims";
    return claims ? Fault{Fault::Kind::Lost, {}, {}} : Fault{};
  });
  house.cluster.cut_watches();
  house.cluster.put(kube::kClaims, promised_claim());
  house.finish_run(kCompleted);
  REQUIRE(eventually([&] {
    const auto why = house.audited().waits_for;
    return std::any_of(why.begin(), why.end(),
                       [](const std::string& one) { return one.find("another one by now") != std::string::npos; });
  }));
  CHECK(house.shown().isNull());
}

TEST_CASE("an audit is answered once, also where the generator ends before the index has an answer") {
  Household house;
  house.start();
  house.add_claim("data");
  house.shelf.fall_silent();
  std::atomic<int> answers = 0;
  Generator::Audit last;
  house.generator->audit("", within(10s), [&](Generator::Audit audit) {
    last = std::move(audit);
    ++answers;
  });
  house.stop();
  CHECK(answers == 0);
  house.shelf.speak();
  CHECK(answers == 1);
  CHECK(last.problem == "the generator has ended");
  CHECK(last.items.empty());
}

TEST_CASE("one look lists everything, and writes nothing") {
  Household house;
  house.add_claim("data");
  const auto audit = audit_once(house.setup, house.server.config(), house.shelf, house.log, within(10s));
  REQUIRE(audit.items.size() == 1);
  CHECK(audit.problem.empty());
  CHECK(audit.items[0].is_protected);
  CHECK(audit.items[0].source == "missing");
  const auto requests = house.server.requests();
  CHECK(
      std::all_of(requests.begin(), requests.end(), [](const fakes::ApiRequest& one) { return one.method == "GET"; }));
}

TEST_CASE("one look tells of the backups that no PVC claims, or of those of one namespace") {
  Household house;
  house.add_claim("data");
  house.shelf.hold(current({listed("data-backup@media:/data", "s1", kSnapshotStart),
                            listed("date-backup@media:/data", "s2", kSnapshotStart),
                            listed("data-backup@apps:/data", "s3", kSnapshotStart)}));
  const auto look = [&](const std::string& ns) {
    std::vector<std::string> found;
    for (const Unclaimed& one :
         audit_once(house.setup, house.server.config(), house.shelf, house.log, within(10s), ns).unclaimed) {
      found.push_back(one.source.identity);
    }
    return found;
  };
  CHECK(look("") == std::vector<std::string>{"data-backup@apps:/data", "date-backup@media:/data"});
  CHECK(look("media") == std::vector<std::string>{"date-backup@media:/data"});
  house.shelf.hold({});
  CHECK(look("").empty());
}

TEST_CASE("one look at an API server that does not answer ends in time, with a reason") {
  Household house;
  house.cluster.set_faults([](const fakes::ApiRequest&) { return Fault{Fault::Kind::Silent, {}, {}}; });
  CHECK_THROWS_WITH(audit_once(house.setup, house.server.config(), house.shelf, house.log, within(300ms)),
                    "the API server did not list everything in time");
}

TEST_CASE("a generator that was never started can be destroyed, and audits nothing") {
  Household house;
  house.generator.emplace(house.setup, house.server.config(), house.shelf, house.log, house.metrics);
  CHECK(house.generator->problem() == "not started");
  CHECK_FALSE(house.generator->leads());
  house.generator->stop(within(1s));
  CHECK(house.server.requests().empty());
}
