#include "holdfast/webhook/ops_routes.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/webhook/door.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

struct Ops {
  core::Policy policy = Door::with_catalog();
  fakes::FakeIndex index;
  holdfast::ops::Health health;
  holdfast::ops::Metrics metrics{"test"};
  webhook::OpsRoutes routes{policy, index, health, metrics};

  net::Response get(const std::string& path, const std::string& method = "GET") {
    net::Response answer;
    answer.status = 0;
    routes.handle({method, path, "", "", "", {}, false}, [&](net::Response r) { answer = std::move(r); });
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
