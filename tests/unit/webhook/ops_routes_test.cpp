#include "holdfast/webhook/ops_routes.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/webhook/admission_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

/// A cluster that says what a test tells it to.
struct FakeAudit : webhook::AuditSource {
  webhook::AuditPage page;
  std::string asked_for = "nobody";
  bool silent = false;
  std::vector<std::function<void(webhook::AuditPage)>> waiting;

  void audit(std::string ns, index::Deadline, std::function<void(webhook::AuditPage)> done) override {
    asked_for = ns;
    if (silent)
      waiting.push_back(std::move(done));
    else
      done(page);
  }
};

struct Ops {
  core::Policy policy = AdmissionBench::with_catalog();
  fakes::FakeIndex index;
  holdfast::ops::Health health;
  holdfast::ops::Metrics metrics{"test"};
  FakeAudit cluster;
  webhook::OpsRoutes routes{policy, index, health, metrics, &cluster};

  /// Status 0: no answer yet.
  net::Response get(const std::string& path, const std::string& method = "GET", const std::string& query = "") {
    net::Response answer;
    answer.status = 0;
    routes.handle({method, path, query, "", "", {}, false}, [&](net::Response r) { answer = std::move(r); });
    return answer;
  }
};

}  // namespace

TEST_CASE("exists tells a restore, an empty start and the unknown apart") {
  Ops ops;
  ops.index.holds({fakes::listed("s1", "photos-backup@media:/data")});
  auto answer = ops.get("/exists/media/photos");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  Json::Value body = parse(answer.body);
  CHECK(body["exists"] == true);
  CHECK(body["decision"] == "restore");
  CHECK(body["authoritative"] == true);
  CHECK(body["source"] == "photos-backup@media:/data");
  CHECK(body["backend"] == "catalog");
  CHECK(body["error"] == "");

  body = parse(ops.get("/exists/media/music").body);
  CHECK(body["exists"] == false);
  CHECK(body["decision"] == "fresh");

  ops.index.evidence = {};
  answer = ops.get("/exists/media/photos");
  CHECK(answer.status == 503);
  body = parse(answer.body);
  CHECK(body["decision"] == "unknown");
  CHECK(body["exists"] == true);  // never false without proof
  CHECK(body["authoritative"] == false);
  CHECK(body["error"] == "IndexUnavailable");
}

TEST_CASE("exists of an excluded namespace is unknown, and of no name at all not found") {
  Ops ops;
  CHECK(parse(ops.get("/exists/kube-system/x").body)["error"] == "NamespaceExcluded");
  CHECK(ops.get("/exists/kube-system/x").status == 503);
  for (const char* path : {"/exists/", "/exists/a", "/exists/a/", "/exists/a/b/c", "/exists/A/b", "/exists/../x"}) {
    CHECK(ops.get(path).status == 404);
  }
}

TEST_CASE("readiness follows the parts, liveness only the loop, health the proof") {
  Ops ops;
  CHECK(ops.get("/livez").status == 200);
  CHECK(ops.get("/readyz").status == 503);
  ops.health.add("webhook", true, [] { return ""; });
  CHECK(ops.get("/readyz").body == "webhook: ok\n");
  CHECK(ops.get("/readyz").status == 200);
  CHECK(ops.get("/healthz").status == 503);
  ops.index.holds({});
  CHECK(ops.get("/healthz").status == 200);
}

TEST_CASE("metrics come in the text format, other paths are not found, other methods not allowed") {
  Ops ops;
  CHECK_THAT(ops.get("/metrics").content_type, Contains("version=0.0.4"));
  CHECK_THAT(ops.get("/metrics").body, Contains("holdfast_build_info"));
  CHECK(ops.get("/nothing").status == 404);
  CHECK(ops.get("/nothing", "POST").status == 404);
  CHECK(ops.get("/metrics", "POST").status == 405);
  CHECK(ops.get("/livez", "HEAD").status == 200);
}

TEST_CASE("the audit hands on what the cluster says, of one namespace where that is asked for") {
  Ops ops;
  ops.cluster.page.items = parse(R"([{"namespace":"media","pvc":"photos","gap":false}])");
  auto answer = ops.get("/audit");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(parse(answer.body) == parse(R"({"items":[{"namespace":"media","pvc":"photos","gap":false}]})"));
  CHECK(ops.cluster.asked_for.empty());

  ops.cluster.page.problem = "the API server is slow";
  answer = ops.get("/audit", "GET", "namespace=media");
  CHECK(answer.status == 200);
  CHECK(parse(answer.body)["problem"] == "the API server is slow");
  CHECK(ops.cluster.asked_for == "media");
}

TEST_CASE("without a cluster there is no audit, and it says so") {
  Ops ops;
  webhook::OpsRoutes alone(ops.policy, ops.index, ops.health, ops.metrics);
  net::Response answer;
  alone.handle({"GET", "/audit", "", "", "", {}, false}, [&](net::Response r) { answer = std::move(r); });
  CHECK(answer.status == 503);
  CHECK(parse(answer.body)["items"] == Json::Value(Json::arrayValue));
  CHECK_THAT(parse(answer.body)["problem"].asString(), Contains("no connection to the cluster"));
}

TEST_CASE("however many questions wait for the repository, probes are answered, and one that ends makes room") {
  Ops ops;
  ops.index.silent = true;
  int late = 0;
  const auto ask = [&](const std::string& path) {
    ops.routes.handle({"GET", path, "", "", "", {}, false}, [&late](const net::Response&) { ++late; });
  };
  for (int i = 0; i < 64; ++i) ask(i % 2 == 0 ? "/exists/media/photos" : "/healthz");
  CHECK(late == 0);
  const net::Response exists = ops.get("/exists/media/photos");
  CHECK(exists.status == 503);
  CHECK(parse(exists.body)["decision"] == "unknown");
  CHECK(parse(exists.body)["error"] == "Overloaded");
  CHECK(ops.get("/healthz").status == 503);
  CHECK(ops.get("/livez").status == 200);
  CHECK(ops.get("/readyz").body == ops.health.report().text);
  std::exchange(ops.index.waiting[0], nullptr)({});
  CHECK(late == 1);
  ask("/healthz");
  CHECK(late == 1);
  CHECK(ops.index.waiting.size() == 65);
}

TEST_CASE("a listener over its limits answers probes and nothing else") {
  Ops ops;
  const auto status = [&](const char* path) {
    int found = 0;
    ops.routes.handle({"GET", path, "", "", "", {}, true}, [&](const net::Response& r) { found = r.status; });
    return found;
  };
  CHECK(status("/livez") == 200);
  CHECK(status("/readyz") == (ops.health.report().ready ? 200 : 503));
  CHECK(status("/metrics") == 503);
  CHECK(status("/exists/media/photos") == 503);
}

TEST_CASE("only a few audits are under way at a time, and each that ends makes room") {
  Ops ops;
  ops.cluster.silent = true;
  const auto ask = [&] {
    int status = 0;
    ops.routes.handle({"GET", "/audit", "", "", "", {}, false}, [&status](net::Response r) { status = r.status; });
    return status;
  };
  const auto late = [&](int& status) {
    ops.routes.handle({"GET", "/audit", "", "", "", {}, false}, [&status](net::Response r) { status = r.status; });
  };
  int first = 0, second = 0, third = 0, fourth = 0;
  for (int* status : {&first, &second, &third, &fourth}) late(*status);
  CHECK(ask() == 503);
  REQUIRE(ops.cluster.waiting.size() == 4);
  std::exchange(ops.cluster.waiting[0], nullptr)({});
  CHECK(first == 200);
  int fifth = 0;
  late(fifth);
  CHECK(ops.cluster.waiting.size() == 5);
}

TEST_CASE("the page escapes everything, loads nothing, and shows gaps first") {
  Ops ops;
  ops.cluster.page.items = parse(R"([
    {"namespace":"a","pvc":"fine","gap":false,"source":"scheduled"},
    {"namespace":"b","pvc":"bad","gap":true,"waitsFor":["ForeignObject: <script>alert('1')</script> & \"more\""],
     "gaps":["ForeignObject","SnapshotHasErrors: 3 entries <b>"],"ignored":["volsync.backup/skip-restore"]}])");
  ops.cluster.page.problem = "<b>";
  const net::Response answer = ops.get("/");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/html; charset=utf-8");
  CHECK_THAT(answer.body, Contains("default-src 'none'"));
  CHECK_THAT(answer.body, Contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;more&quot;"));
  CHECK_THAT(answer.body, Contains("Incomplete: &lt;b&gt;"));
  CHECK_THAT(answer.body, Contains("<div class=\"note\">SnapshotHasErrors: 3 entries &lt;b&gt;</div>"));
  CHECK_THAT(answer.body, Contains("volsync.backup/skip-restore"));
  CHECK_THAT(answer.body, !Contains("<script") && !Contains("http://") && !Contains("https://") && !Contains("src="));
  CHECK(answer.body.find("b/bad") < answer.body.find("a/fine"));
}

TEST_CASE("the audit and the page have the backups that no PVC claims") {
  Ops ops;
  ops.cluster.page.unclaimed =
      parse(R"([{"identity":"<u>@media:/data","snapshots":7,"size":1024,"newest":"2026-11-20T01:00:00Z",
                 "ageSeconds":5,"nearest":["media/a","media/b"]}])");
  CHECK(parse(ops.get("/audit").body)["unclaimed"] == ops.cluster.page.unclaimed);
  const std::string page = ops.get("/").body;
  CHECK_THAT(page, Contains("<h2>Backups that no PVC claims: 1</h2>"));
  CHECK_THAT(page, Contains("<td>&lt;u&gt;@media:/data</td><td>7</td><td>2026-11-20T01:00:00Z</td><td>1024</td>"
                            "<td>media/a, media/b</td>"));
  for (int i = 0; i < 2'100; ++i) ops.cluster.page.unclaimed.append(parse(R"({"identity":"a@b:/c"})"));
  CHECK_THAT(ops.get("/").body, Contains("claims: 2101</h2>\n<p>The first 2000 are shown; /audit has all.</p>"));
}

TEST_CASE("the audit and the page say how old the repository is") {
  Ops ops;
  CHECK_FALSE(parse(ops.get("/audit").body).isMember("repository"));
  CHECK_THAT(ops.get("/").body, !Contains("newest snapshot"));
  ops.cluster.page.repository =
      parse(R"({"newestSnapshot":"2026-11-20T01:00:00Z","ageSeconds":10800,"outdated":false})");
  CHECK(parse(ops.get("/audit").body)["repository"] == ops.cluster.page.repository);
  CHECK_THAT(ops.get("/").body,
             Contains("<p>The newest snapshot of the repository is 3h old (2026-11-20T01:00:00Z).</p>"));
  ops.cluster.page.repository["outdated"] = true;
  CHECK_THAT(ops.get("/").body, Contains("<p class=\"gap\">") && Contains("nothing may start empty"));
}

TEST_CASE("the page has an end, however many PVCs there are") {
  Ops ops;
  for (int i = 0; i < 2'100; ++i) ops.cluster.page.items.append(parse(R"({"namespace":"a","pvc":"p","gap":false})"));
  const net::Response answer = ops.get("/");
  CHECK_THAT(answer.body, Contains("2100 PVCs, 0 with a gap. The first 2000 are shown; /audit has all."));
  CHECK(answer.body.size() < 1'000'000);
}
