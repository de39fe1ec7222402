#include <json/reader.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using namespace holdfast::test;
using kube::Client;

namespace {

const ApiAnswer kObject{.body = R"({"kind":"PersistentVolumeClaim"})"};

Json::Value parse(const std::string& text) {
  Json::Value value;
  std::istringstream(text) >> value;
  return value;
}

}  // namespace

TEST_CASE("get: asks for JSON at the object's path and hands over the body as it came") {
  Asking asking(always(kObject));
  CHECK(text_in(asking.get(kClaim)) == kObject.body);
  const ApiRequest request = asking.server.requests().at(0);
  CHECK(request.method == "GET");
  CHECK(request.path == "/api/v1/namespaces/demo/persistentvolumeclaims/data");
  CHECK(request.query.empty());
  CHECK(request.header("accept") == "application/json");
  CHECK(request.header("user-agent") == "holdfast/test");
  CHECK(request.header("authorization").empty());
}

TEST_CASE("get_page: asks for a page that is no object") {
  Asking asking(always({.body = R"({"gitVersion":"v1.34.4"})"}),
                [](kube::Config& config) { config.base_path = "/k8s/clusters/c-1"; });
  const kube::Result result =
      asking.answer_of([&](kube::Done done) { asking.client.get_page("/version", within(10s), std::move(done)); });
  CHECK(text_in(result) == R"({"gitVersion":"v1.34.4"})");
  CHECK(asking.server.requests().at(0).path == "/k8s/clusters/c-1/version");
}

TEST_CASE("every path begins with the configuration's own") {
  Asking asking(always(kObject), [](kube::Config& config) { config.base_path = "/k8s/clusters/c-1"; });
  text_in(asking.get(kClaim));
  CHECK(asking.server.requests().at(0).path == "/k8s/clusters/c-1/api/v1/namespaces/demo/persistentvolumeclaims/data");
}

TEST_CASE("list: selector, limit and continue go into the query, encoded") {
  Asking asking(always({.body = R"({"items":[]})"}));
  const auto list = [&](const Client::ListOptions& options) {
    text_in(Asking::answer_of([&](kube::Done done) {
      asking.client.list(kube::kReplicationSources, "", options, within(10s), std::move(done));
    }));
    return asking.server.requests().back();
  };
  const ApiRequest first = list({.label_selector = "backup in (hourly,daily)", .resource_version = "0"});
  CHECK(first.path == "/apis/volsync.backube/v1alpha1/replicationsources");
  CHECK(first.query == "labelSelector=backup%20in%20%28hourly%2Cdaily%29&limit=250&resourceVersion=0");
  CHECK(list({.limit = 7, .continue_token = "a+b=", .resource_version = "0"}).query == "limit=7&continue=a%2Bb%3D");
  CHECK(list({.limit = 0}).query.empty());
}

TEST_CASE("apply: as holdfast, strictly, and taking the fields of others only when told to") {
  Asking asking(always(kObject));
  const auto apply = [&](bool force) {
    text_in(Asking::answer_of([&](kube::Done done) {
      asking.client.apply({kube::kReplicationSources, "demo", "data-backup"}, R"({"spec":{}})", force, within(10s),
                          std::move(done));
    }));
    return asking.server.requests().back();
  };
  const ApiRequest request = apply(false);
  CHECK(request.method == "PATCH");
  CHECK(request.path == "/apis/volsync.backube/v1alpha1/namespaces/demo/replicationsources/data-backup");
  CHECK(request.query == "fieldManager=holdfast&fieldValidation=Strict");
  CHECK(request.header("content-type") == "application/apply-patch+yaml");
  CHECK(request.body == R"({"spec":{}})");
  CHECK(apply(true).query == "fieldManager=holdfast&fieldValidation=Strict&force=true");
}

TEST_CASE("create posts to the collection, replace puts and patches patch the object") {
  Asking asking(always(kObject));
  const kube::Target target{kube::kReplicationDestinations, "demo", "data-backup", "status"};
  text_in(Asking::answer_of([&](kube::Done done) {
    asking.client.create({kube::kLeases, "demo", "x"}, "{}", within(10s), done);
  }));
  text_in(Asking::answer_of([&](kube::Done done) { asking.client.replace(target, "{}", within(10s), done); }));
  text_in(Asking::answer_of([&](kube::Done done) { asking.client.merge_patch(target, "{}", within(10s), done); }));
  text_in(Asking::answer_of([&](kube::Done done) { asking.client.json_patch(target, "[]", within(10s), done); }));
  const auto requests = asking.server.requests();
  const std::string object =
      "/apis/volsync.backube/v1alpha1/namespaces/demo/replicationdestinations/data-backup/status";
  CHECK(requests[0].method + " " + requests[0].path == "POST /apis/coordination.k8s.io/v1/namespaces/demo/leases");
  CHECK(requests[1].method + " " + requests[1].path == "PUT " + object);
  CHECK(requests[2].method + " " + requests[2].path == "PATCH " + object);
  CHECK(requests[1].header("content-type") == "application/json");
  CHECK(requests[2].header("content-type") == "application/merge-patch+json");
  CHECK(requests[3].method + " " + requests[3].path == "PATCH " + object);
  CHECK(requests[3].header("content-type") == "application/json-patch+json");
  CHECK(asking.client.counts().reads == 0);
  CHECK(asking.client.counts().writes == 4);
}

TEST_CASE("remove: background propagation, and the preconditions in the body") {
  Asking asking(always({.body = R"({"kind":"Status","status":"Success"})"}));
  text_in(Asking::answer_of([&](kube::Done done) {
    asking.client.remove(kClaim, {"uid-1", "42"}, within(10s), std::move(done));
  }));
  const ApiRequest request = asking.server.requests().at(0);
  CHECK(request.method == "DELETE");
  const Json::Value body = parse(request.body);
  CHECK(body["kind"] == "DeleteOptions");
  CHECK(body["propagationPolicy"] == "Background");
  CHECK(body["preconditions"]["uid"] == "uid-1");
  CHECK(body["preconditions"]["resourceVersion"] == "42");
}

TEST_CASE("remove: what is gone already is done, and what has changed is a conflict") {
  Asking asking(in_turn({refusal(404, "NotFound"), refusal(409, "Conflict", "the UID does not match")}));
  const auto remove = [&] {
    return Asking::answer_of([&](kube::Done done) {
      asking.client.remove(kClaim, {"uid-1", ""}, within(10s), std::move(done));
    });
  };
  CHECK(std::holds_alternative<std::string>(remove()));
  CHECK(error_in(remove()).conflict());
}

TEST_CASE("an error carries code, reason and message of the API server, cut to 1 KiB") {
  const std::string owner = "Apply failed with 1 conflict: conflict with manager: .spec.trigger.schedule ";
  Asking asking(in_turn({refusal(409, "Conflict", owner + std::string(3000, 'x')), refusal(404, "NotFound")}));
  const kube::ApiError conflict = error_in(asking.get(kClaim));
  CHECK(conflict.code == 409);
  CHECK(conflict.reason == "Conflict");
  CHECK(conflict.message.starts_with(owner));
  CHECK(conflict.message.size() == 1024);
  CHECK(error_in(asking.get(kClaim)).not_found());
}

TEST_CASE("the page of a proxy is not repeated in an error, and is no object either") {
  Asking asking(in_turn({{.status = 502, .body = "<html>secret</html>", .content_type = "text/html"},
                         {.status = 200, .body = "<html>secret</html>", .content_type = "text/html"},
                         {.status = 200, .body = R"({"kind":)"}}));
  const kube::ApiError bad_gateway = error_in(asking.get(kClaim));
  CHECK(bad_gateway.code == 502);
  CHECK(bad_gateway.passing());
  CHECK(bad_gateway.message == "status 502 without an explanation");
  for (int i = 0; i < 2; ++i) {
    const kube::ApiError no_json = error_in(asking.get(kClaim));
    CHECK(no_json.code == 0);
    CHECK(no_json.reason == "NotJson");
    CHECK(no_json.message.find("secret") == std::string::npos);
  }
}

TEST_CASE("no answer within the deadline is an error without a code") {
  Asking asking(always({.silent = true}));
  const kube::ApiError error = error_in(asking.get(kClaim, 200ms));
  CHECK(error.code == 0);
  CHECK(error.reason == "NoAnswer");
  CHECK(error.passing());
}

TEST_CASE("429 and 503 with Retry-After are repeated, at most three times") {
  ApiAnswer busy = refusal(429, "TooManyRequests");
  busy.headers = {{"Retry-After", "1"}};
  Asking asking(in_turn({busy, kObject}));
  CHECK(text_in(asking.get(kClaim)) == kObject.body);
  CHECK(asking.client.counts().reads == 2);

  Asking never(always(busy));
  CHECK(error_in(never.get(kClaim)).retry_after == 1s);
  CHECK(never.server.requests().size() == 4);
}

TEST_CASE("a Retry-After beyond the deadline, or none, is the caller's to wait for") {
  ApiAnswer down{.status = 503, .body = R"({"kind":"Status","apiVersion":"v1","code":503,
    "reason":"ServiceUnavailable","details":{"retryAfterSeconds":30}})"};
  Asking asking(in_turn({down, refusal(503, "ServiceUnavailable")}));
  CHECK(error_in(asking.get(kClaim)).retry_after == 30s);
  CHECK_FALSE(error_in(asking.get(kClaim)).retry_after);
  CHECK(asking.server.requests().size() == 2);
}

TEST_CASE("whoever waits when the client ends is told") {
  FakeApiServer server(always({.silent = true}));
  net::Loop loop(1);
  const ops::Logger log(ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text);
  int answers = 0;
  {
    Client client(loop, server.config(), {.connections = 1}, log);
    for (int i = 0; i < 3; ++i) {
      client.get(kClaim, within(60s), [&](const kube::Result& result) { answers += error_in(result).code == 0; });
    }
    REQUIRE(server.wait_for(1));
  }
  CHECK(answers == 3);
}
