#include "src/generator/run/installation.hpp"

#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

namespace {

constexpr std::size_t kLooks = 3;  ///< maintenance, its secret, the cleanup policy

Options with_maintenance() {
  Options options;
  options.own_namespace = "holdfast";
  options.repository.kind = RepositoryOptions::Kind::Nfs;
  options.repository.server = "nas";
  options.repository.path = "/kopia";
  return options;
}

struct Site : Bench {
  explicit Site(const Options& options = with_maintenance()) { configure(options); }
  ~Site() {
    asking.on_loop([&] { installation.reset(); });
  }
  void configure(const Options& options) {
    asking.on_loop([&] { installation.emplace(policy, options, asking.client, asking.log, metrics); });
  }
  void settle(std::chrono::milliseconds time = 10s) {
    asking.on_loop([&] { installation->settle(within(time)); });
  }
  /// Until one that began now is over: a call while another is under way begins nothing.
  void settle_to_its_end() {
    const std::size_t end = reads() + 2 * kLooks + 1;
    REQUIRE(eventually([&] {
      settle();
      return reads() >= end;
    }));
  }
  bool due_in(std::chrono::seconds time) {
    bool due = false;
    asking.on_loop([&] { due = installation->due(std::chrono::steady_clock::now() + time); });
    return due;
  }
  std::size_t reads() const {
    const auto requests = asking.server.requests();
    return requests.size() - writes();
  }
  std::string problem() {
    std::string text;
    asking.on_loop([&] { text = installation->problem(); });
    return text;
  }
  Json::Value maintenance() const { return cluster.find(kube::kKopiaMaintenances, "holdfast", "holdfast-maintenance"); }
  Json::Value cleanup() const {
    const auto all = cluster.all(kube::kClusterCleanupPolicies);
    return all.empty() ? Json::Value() : all[0];
  }
  void edit_maintenance(const std::function<void(Json::Value&)>& change) {
    cluster.edit(kube::kKopiaMaintenances, "holdfast", "holdfast-maintenance", change);
  }

  core::Policy policy;
  std::optional<Installation> installation;
};

}  // namespace

TEST_CASE("what the installation needs is made once, and kept as it should be") {
  Site site;
  site.settle();
  REQUIRE(eventually([&] { return !site.maintenance().isNull(); }));
  const Json::Value made = site.maintenance();
  site.settle_to_its_end();
  CHECK(site.writes() == 1);

  site.edit_maintenance([](Json::Value& object) { object["spec"]["trigger"]["schedule"] = "* * * * *"; });
  site.settle_to_its_end();
  CHECK(site.maintenance()["spec"] == made["spec"]);
  CHECK(site.maintenance()["metadata"]["uid"] == made["metadata"]["uid"]);
  CHECK(site.problem().empty());
}

TEST_CASE("what an earlier setting made, and is not wanted any more, is removed") {
  Options options = with_maintenance();
  options.kyverno_cleanup = true;
  Site site(options);
  site.settle();
  REQUIRE(eventually([&] { return !site.maintenance().isNull() && !site.cleanup().isNull(); }));
  options.maintenance.enabled = false;
  options.kyverno_cleanup = false;
  site.configure(options);
  site.settle();
  CHECK(eventually([&] { return site.maintenance().isNull() && site.cleanup().isNull(); }));
}

TEST_CASE("an object of the installation's name that is somebody else's is reported, and neither changed nor deleted") {
  Json::Value foreign = parse(R"({"metadata": {"namespace": "holdfast", "name": "holdfast-maintenance"},
                                  "spec": {"mine": true}})");
  Site site;
  foreign = site.cluster.put(kube::kKopiaMaintenances, foreign);
  site.settle();
  CHECK(eventually(
      [&] { return site.problem() == "KopiaMaintenance holdfast-maintenance: it exists and is not holdfast's"; }));
  Options options = with_maintenance();
  options.maintenance.enabled = false;
  site.configure(options);
  site.settle_to_its_end();
  CHECK(site.maintenance() == foreign);
  CHECK(site.writes() == 0);
  CHECK(site.problem().empty());  // not wanted: nobody's business
}

TEST_CASE("an object of the installation's name that appears between the look and the write is not taken over") {
  Site site;
  const Json::Value foreign =
      parse(R"({"metadata": {"namespace": "holdfast", "name": "holdfast-maintenance"}, "spec": {"mine": true}})");
  site.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.ends_with("/holdfast-maintenance") && request.method == "GET" ? refused(404, "NotFound")
                                                                                      : Fault{};
  });
  site.cluster.put(kube::kKopiaMaintenances, foreign);
  site.settle();
  CHECK(eventually([&] { return site.problem().find("KopiaMaintenance holdfast-maintenance: ") == 0; }));
  CHECK(site.maintenance()["spec"] == foreign["spec"]);
}

TEST_CASE("what cannot be done for one object is said, and the others are made") {
  Options options = with_maintenance();
  options.kyverno_cleanup = true;
  Site site(options);
  site.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.find("kopiamaintenances") != std::string::npos ? refused(403, "Forbidden") : Fault{};
  });
  site.settle();
  CHECK(eventually([&] { return !site.cleanup().isNull(); }));
  CHECK(eventually([&] { return site.problem() == "KopiaMaintenance holdfast-maintenance: no Forbidden"; }));
  CHECK_FALSE(site.due_in(0s));
  CHECK(site.due_in(60s));  // as long as something is left to do
  site.cluster.set_faults(nullptr);
  site.settle_to_its_end();
  CHECK(eventually([&] { return !site.maintenance().isNull() && site.problem().empty(); }));
  CHECK_FALSE(site.due_in(60s));
}

TEST_CASE("a kind that the cluster does not have is a problem only where it is wanted") {
  Site site;
  site.cluster.hide(kube::kClusterCleanupPolicies);
  site.settle();
  REQUIRE(eventually([&] { return !site.maintenance().isNull(); }));
  site.settle_to_its_end();
  CHECK(site.problem().empty());
  Options options = with_maintenance();
  options.kyverno_cleanup = true;
  site.configure(options);
  site.settle();
  CHECK(eventually([&] { return site.problem().find("ClusterCleanupPolicy") != std::string::npos; }));
}

TEST_CASE("nothing is looked at or written for the installation after the time of the Lease") {
  Site site;
  site.settle(0ms);
  CHECK(site.due_in(60s));
  CHECK(site.asking.server.requests().empty());

  site.cluster.set_faults([](const fakes::ApiRequest&) { return Fault{Fault::Kind::None, {}, 1000ms}; });
  site.settle(200ms);
  REQUIRE(eventually([&] { return site.reads() == 1 && site.due_in(60s); }));
  CHECK(site.writes() == 0);
}

TEST_CASE("an installation that is already at work is not begun twice") {
  Site site;
  site.cluster.set_faults([](const fakes::ApiRequest&) { return Fault{Fault::Kind::None, {}, 50ms}; });
  for (int i = 0; i < 5; ++i) site.settle();
  REQUIRE(eventually([&] { return !site.maintenance().isNull() && site.reads() == kLooks; }));
  CHECK(site.writes() == 1);
}
