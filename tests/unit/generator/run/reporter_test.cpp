#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

namespace {

struct Reports : Bench {
  void holds(const Plan& plan, bool leads = true) {
    asking.on_loop([&] { hand->reporter.holds(scene.claim, plan, leads ? std::optional(within(10s)) : std::nullopt); });
  }
  void steps(const Plan& plan) {
    asking.on_loop([&] { hand->reporter.steps(scene.claim, plan, within(10s)); });
  }
  std::vector<std::string> reasons() const {
    std::vector<std::string> found;
    for (const Json::Value& event : events()) found.push_back(event["reason"].asString());
    return found;
  }
  bool counted(const std::string& line) const { return metrics.text().find(line + "\n") != std::string::npos; }
  std::size_t requests() const { return asking.server.requests().size(); }
};

Plan held_up(const std::string& code, const std::string& message, bool warning) {
  Plan plan;
  Hold hold;
  hold.code = code;
  hold.message = message;
  hold.warning = warning;
  plan.holds.push_back(hold);
  return plan;
}

Plan restoring(std::vector<RestoreStep> steps, const std::string& token) {
  Plan plan;
  plan.restore.token = token;
  plan.restore.problem = "expected 42 files, seen 0";
  plan.steps = std::move(steps);
  return plan;
}

}  // namespace

TEST_CASE("what a person should know becomes one Event, however often it is found") {
  Reports reports;
  for (int i = 0; i < 5; ++i) reports.holds(held_up("ForeignObject", "it is helm's", true));
  reports.holds(held_up("SecretNotReady", "the store does not answer", true));
  REQUIRE(eventually([&] { return reports.events().size() == 2; }));
  CHECK(reports.requests() == 2);
}

TEST_CASE("waiting that passes by itself is no Event") {
  Reports reports;
  reports.holds(held_up("TooYoung", "it is too young", false));
  reports.holds(held_up("BackupsNotRestored", "it has older backups", true));
  REQUIRE(eventually([&] { return !reports.events().empty(); }));
  CHECK(reports.reasons() == std::vector<std::string>{"BackupsNotRestored"});
  CHECK(reports.requests() == 1);
}

TEST_CASE("who does not lead writes no Events") {
  Reports reports;
  reports.holds(held_up("ForeignObject", "it is helm's", true), false);
  reports.holds(held_up("ForeignObject", "it is kyverno's", true), true);
  REQUIRE(eventually([&] { return !reports.events().empty(); }));
  CHECK(reports.requests() == 1);
}

TEST_CASE("a restore's end counts once for each attempt") {
  Reports reports;
  for (int i = 0; i < 3; ++i) reports.steps(restoring({RestoreStep::Unverified}, "first"));
  CHECK(reports.counted(R"(holdfast_restores_total{result="unverified"} 1)"));
  reports.steps(restoring({RestoreStep::Unverified}, "second"));
  CHECK(reports.counted(R"(holdfast_restores_total{result="unverified"} 2)"));
  reports.steps(restoring({RestoreStep::Failed}, "third"));
  reports.steps(restoring({RestoreStep::Verified}, "fourth"));
  CHECK(reports.counted(R"(holdfast_restores_total{result="failed"} 1)"));
  CHECK(reports.counted(R"(holdfast_restores_total{result="verified"} 1)"));
}

TEST_CASE("each good step of a restore is an Event of its own") {
  Reports reports;
  reports.steps(restoring({RestoreStep::Started}, "token"));
  reports.steps(restoring({RestoreStep::Verified, RestoreStep::Published}, "token"));
  reports.steps(restoring({RestoreStep::Closed}, "token"));
  REQUIRE(eventually([&] { return reports.events().size() == 4; }));
  auto reasons = reports.reasons();
  std::sort(reasons.begin(), reasons.end());
  CHECK(reasons == std::vector<std::string>{"RestoreDone", "RestorePublished", "RestoreStarted", "RestoreVerified"});
}

TEST_CASE("a verified restore says by what, and what is missing") {
  Reports reports;
  Plan plan = restoring({RestoreStep::Verified}, "token");
  plan.restore.verified_by = Restore::VerifiedBy::Log;
  plan.restore.grounds = "its mover says so";
  plan.restore.missing = "1 entry is missing";
  reports.steps(plan);
  CHECK(reports.counted(R"(holdfast_restores_verified_total{by="log"} 1)"));
  CHECK(reports.counted(R"(holdfast_restores_verified_total{by="counts"} 0)"));
  REQUIRE(eventually([&] { return reports.events().size() == 1; }));
  CHECK(reports.events()[0]["message"].asString().ends_with("has arrived: its mover says so; 1 entry is missing"));
}

TEST_CASE("a PVC that is gone is not measured any more, and its successor is told anew") {
  Reports reports;
  const std::string gauge = R"(holdfast_pvc_last_backup_timestamp_seconds{namespace="media",pvc="data"} 60)";
  reports.asking.on_loop([&] { reports.hand->reporter.last_backup(Bench::kData, at("1970-01-01T00:01:00Z")); });
  CHECK(reports.counted(gauge));
  reports.steps(restoring({RestoreStep::Failed}, "token"));
  reports.asking.on_loop([&] { reports.hand->reporter.forget(Bench::kData); });
  CHECK_FALSE(reports.counted(gauge));
  reports.steps(restoring({RestoreStep::Failed}, "token"));
  CHECK(reports.counted(R"(holdfast_restores_total{result="failed"} 2)"));
}
