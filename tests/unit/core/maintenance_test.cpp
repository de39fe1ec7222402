#include "holdfast/core/maintenance.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::core;
using Catch::Contains;
using Reason = MaintenanceProblem::Reason;
using State = MaintenanceRun::State;
using namespace std::chrono_literals;

namespace {

Time at(std::string_view text) { return parse_rfc3339(text).value(); }
const Time kNow = at("2026-03-03T12:00:00Z");
constexpr std::chrono::hours kStale{36};

/// Set up long ago, ready, and last done twelve hours ago.
Maintenance well() { return {at("2026-01-01T00:00:00Z"), "True", "True", at("2026-03-03T00:00:00Z"), 0}; }

MaintenanceRun run(std::string name, std::string_view created, State state) {
  return {std::move(name), at(created), state, state == State::Failed ? "BackoffLimitExceeded: six times" : ""};
}

std::vector<Reason> reasons(const Maintenance& maintenance, const std::vector<MaintenanceRun>& runs = {}) {
  std::vector<Reason> found;
  for (const auto& problem : maintenance_problems(&maintenance, runs, kStale, kNow)) found.push_back(problem.reason);
  return found;
}

}  // namespace

TEST_CASE("maintenance that is ready and was done lately has no problem, and one that is not there has one") {
  CHECK(reasons(well()).empty());
  CHECK(reasons(well(), {run("a", "2026-03-03T00:00:00Z", State::Succeeded)}).empty());
  const auto none = maintenance_problems(nullptr, {}, kStale, kNow);
  REQUIRE(none.size() == 1);
  CHECK(none[0].reason == Reason::Missing);
}

TEST_CASE("what VolSync says against it is told in its own words") {
  Maintenance maintenance = well();
  maintenance.ready = "ReconcileFailed: repository secret x not found";
  maintenance.healthy = "ExcessiveFailures: it failed 5 times";
  const auto problems = maintenance_problems(&maintenance, {}, kStale, kNow);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].reason == Reason::NotReady);
  CHECK(problems[0].message == maintenance.ready);
  CHECK(problems[1].reason == Reason::Unhealthy);
  CHECK(problems[1].message == maintenance.healthy);
}

TEST_CASE("maintenance of which VolSync says nothing is a problem after some minutes") {
  Maintenance maintenance;
  maintenance.created = kNow - 9min;
  CHECK(reasons(maintenance).empty());
  maintenance.created = kNow - 10min;
  CHECK(reasons(maintenance) == std::vector{Reason::NotReady});
}

TEST_CASE("the last Job that ended counts: a failed one although all conditions are good, until one succeeds") {
  const MaintenanceRun failed = run("failed", "2026-03-03T06:00:00Z", State::Failed);
  CHECK(reasons(well(), {failed}) == std::vector{Reason::JobFailed});
  CHECK(reasons(well(), {run("running", "2026-03-03T11:59:00Z", State::Running), failed}) ==
        std::vector{Reason::JobFailed});
  CHECK(reasons(well(), {run("earlier", "2026-03-03T00:00:00Z", State::Succeeded), failed}) ==
        std::vector{Reason::JobFailed});
  CHECK(reasons(well(), {failed, run("later", "2026-03-03T07:00:00Z", State::Succeeded)}).empty());
  const Maintenance maintenance = well();
  CHECK(maintenance_problems(&maintenance, {failed}, kStale, kNow).at(0).message ==
        "Job failed failed (BackoffLimitExceeded: six times)");
}

TEST_CASE("without Jobs to look at, the failures that VolSync counts are told") {
  Maintenance maintenance = well();
  maintenance.failures = 1;
  CHECK(reasons(maintenance) == std::vector{Reason::JobFailed});
  CHECK(reasons(maintenance, {run("later", "2026-03-03T07:00:00Z", State::Succeeded)}).empty());
}

TEST_CASE("maintenance that has not succeeded for too long is told with the last time, or since when there is none") {
  Maintenance maintenance = well();
  maintenance.last_success = kNow - kStale + 1s;
  CHECK(reasons(maintenance).empty());
  maintenance.last_success = kNow - kStale;
  CHECK(reasons(maintenance) == std::vector{Reason::TooOld});
  maintenance.last_success.reset();
  CHECK_THAT(maintenance_problems(&maintenance, {}, kStale, kNow).at(0).message, Contains("2026-01-01T00:00:00Z"));
  maintenance.created = kNow - 1h;
  CHECK(reasons(maintenance).empty());
}

TEST_CASE("times at the end of what can be told are compared all the same") {
  Maintenance maintenance = well();
  maintenance.last_success = at("1678-01-01T00:00:00Z");
  CHECK(reasons(maintenance) == std::vector{Reason::TooOld});
  maintenance.last_success = at("2261-12-31T00:00:00Z");
  CHECK(reasons(maintenance).empty());
}

TEST_CASE("every reason has a word of its own") {
  std::vector<std::string_view> words;
  for (const Reason reason : kMaintenanceReasons) words.push_back(to_string(reason));
  CHECK(words == std::vector<std::string_view>{"Missing", "NotReady", "Unhealthy", "JobFailed", "TooOld"});
}
