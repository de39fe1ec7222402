// How the maintenance of the repository is looked at.
#include "holdfast/volsync/maintenance.hpp"

#include "src/generator/run/maintenance_watch.hpp"
#include "tests/unit/generator/household.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using holdfast::test::eventually;

namespace {

Options on_nfs() {
  Options options;
  options.own_namespace = "holdfast";
  options.repository.kind = RepositoryOptions::Kind::Nfs;
  return options;
}

std::string before(std::chrono::hours age) {
  return core::format_seconds(std::chrono::system_clock::now() - std::chrono::nanoseconds(age));
}

/// A KopiaMaintenance of which VolSync says that all is well.
Json::Value well() {
  Json::Value object = parse(R"({"metadata": {"namespace": "holdfast", "name": "holdfast-maintenance"},
    "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "MaintenanceActive", "message": ""}]}})");
  object["status"]["lastMaintenanceTime"] = before(std::chrono::hours{2});
  return object;
}

Json::Value job(const char* condition) {
  Json::Value object = parse(R"({"metadata": {"namespace": "holdfast", "name": "kopia-maint-1"},
    "status": {"conditions": [{"status": "True", "reason": "BackoffLimitExceeded", "message": "it failed"}]}})");
  object["status"]["conditions"][0]["type"] = condition;
  return object;
}

struct Watching : Bench {
  explicit Watching(const Options& options = on_nfs()) {
    asking.on_loop([&] { watch.emplace(options, 0ms, asking.client, asking.log, metrics); });
  }
  ~Watching() {
    asking.on_loop([&] { watch.reset(); });
  }
  std::string problem() {
    std::string text;
    asking.on_loop([&] {
      watch->look(std::chrono::steady_clock::now());
      text = watch->problem();
    });
    return text;
  }
  bool shows(const std::string& series) { return metrics.text().find(series) != std::string::npos; }

  std::optional<MaintenanceWatch> watch;
};

}  // namespace

TEST_CASE("how old maintenance may become follows from its schedule, or is as set") {
  const auto hours_of = [](const char* schedule) {
    MaintenanceOptions options;
    options.schedule = schedule;
    return std::chrono::floor<std::chrono::hours>(stale_after(options)).count();
  };
  CHECK(hours_of("0 */12 * * *") == 36);
  CHECK(hours_of("0 * * * *") == 36);
  CHECK(hours_of("@hourly") == 36);
  CHECK(hours_of("0 3 * * *") == 72);
  CHECK(hours_of("0 3,15 * * *") == 72);
  CHECK(hours_of("@daily") == 72);
  CHECK(hours_of("0 3 * * 0") == 21 * 24);
  CHECK(hours_of("@weekly") == 21 * 24);
  CHECK(hours_of("0 3 1 * *") == 93 * 24);
  CHECK(hours_of("@monthly") == 93 * 24);
  CHECK(hours_of("0 3 1 6 *") == 3 * 366 * 24);
  CHECK(hours_of("@yearly") == 3 * 366 * 24);
  MaintenanceOptions options;
  options.stale_after = std::chrono::minutes{90};
  CHECK(stale_after(options) == std::chrono::minutes{90});
}

TEST_CASE("maintenance that goes well is no problem, and its metrics say when it was done") {
  Watching site;
  CHECK_FALSE(site.shows("holdfast_maintenance_problem{"));
  CHECK(site.problem() == "not looked at yet");
  site.cluster.put(kube::kKopiaMaintenances, well());
  site.cluster.put(kube::kJobs, job("Complete"));
  CHECK(eventually([&] { return site.problem().empty(); }));
  CHECK(site.shows("holdfast_maintenance_last_success_timestamp_seconds "));
  CHECK(site.shows("holdfast_maintenance_problem{reason=\"JobFailed\"} 0"));
}

TEST_CASE("a Job that failed is a problem although VolSync calls the maintenance ready, until one succeeds") {
  Watching site;
  site.cluster.put(kube::kKopiaMaintenances, well());
  site.cluster.put(kube::kJobs, job("Failed"));
  REQUIRE(eventually(
      [&] { return site.problem() == "JobFailed: Job kopia-maint-1 failed (BackoffLimitExceeded: it failed)"; }));
  CHECK(site.shows("holdfast_maintenance_problem{reason=\"JobFailed\"} 1"));
  site.cluster.put(kube::kJobs, job("Complete"));
  CHECK(eventually([&] { return site.problem().empty(); }));
  CHECK(site.shows("holdfast_maintenance_problem{reason=\"JobFailed\"} 0"));
}

TEST_CASE("maintenance that is not there, not ready or too old is a problem by that name") {
  Watching site;
  CHECK(eventually([&] { return site.problem() == "Missing: there is none; whoever leads writes it"; }));
  Json::Value object = well();
  object["status"]["conditions"][0]["status"] = "False";
  object["status"]["conditions"][0]["reason"] = "ReconcileFailed";
  object["status"]["conditions"][0]["message"] = "repository secret x not found";
  object["status"]["lastMaintenanceTime"] = before(std::chrono::hours{37});
  site.cluster.put(kube::kKopiaMaintenances, object);
  CHECK(eventually([&] {
    return site.problem().starts_with("NotReady: ReconcileFailed: repository secret x not found; TooOld: ");
  }));
}

TEST_CASE("Jobs are asked for by the labels that VolSync gives them, in our namespace only") {
  Watching site;
  site.cluster.put(kube::kKopiaMaintenances, well());
  REQUIRE(eventually([&] { return site.problem().empty(); }));
  const auto requests = site.asking.server.requests();
  const auto jobs = std::ranges::find_if(
      requests, [](const fakes::ApiRequest& request) { return request.path.find("/jobs") != std::string::npos; });
  REQUIRE(jobs != requests.end());
  CHECK_THAT(jobs->path, Contains("/apis/batch/v1/namespaces/holdfast/jobs"));
}

TEST_CASE("what cannot be read of the maintenance is said, and is not taken for well") {
  Watching site;
  site.cluster.put(kube::kKopiaMaintenances, well());
  site.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.find("/jobs") != std::string::npos ? refused(403, "Forbidden") : Fault{};
  });
  CHECK(eventually([&] { return site.problem() == "its Jobs cannot be read: no Forbidden"; }));
  site.cluster.set_faults([](const fakes::ApiRequest&) { return refused(403, "Forbidden"); });
  CHECK(eventually([&] { return site.problem() == "cannot be read: no Forbidden"; }));
  site.cluster.set_faults(nullptr);
  CHECK(eventually([&] { return site.problem().empty(); }));
}

TEST_CASE("where no maintenance is kept nothing is asked, and the reason is told") {
  Options options = on_nfs();
  options.maintenance.enabled = false;
  Watching site(options);
  CHECK(site.problem() == "off: generator.maintenance.enabled");
  CHECK(site.asking.server.requests().empty());
  options = on_nfs();
  options.repository.kind = RepositoryOptions::Kind::None;
  CHECK_THAT(why_no_maintenance(options), Contains("generator.repository.kind"));
  options = on_nfs();
  options.own_namespace.clear();
  CHECK_THAT(why_no_maintenance(options), Contains("POD_NAMESPACE"));
}

TEST_CASE("a generator says how the maintenance goes that it has asked for") {
  Household house;
  house.setup.options.repository = on_nfs().repository;
  house.start();
  REQUIRE(eventually(
      [&] { return !house.cluster.find(kube::kKopiaMaintenances, "holdfast", "holdfast-maintenance").isNull(); }));
  house.cluster.edit(kube::kKopiaMaintenances, "holdfast", "holdfast-maintenance",
                     [](Json::Value& object) { object["status"] = well()["status"]; });
  CHECK(eventually([&] { return house.generator->maintenance_problem().empty(); }));
  house.cluster.put(kube::kJobs, job("Failed"));
  CHECK(eventually([&] { return house.generator->maintenance_problem().starts_with("JobFailed: "); }));
  house.stop();
}
