#include "holdfast/kube/event_recorder.hpp"

#include <json/reader.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "holdfast/base/clock.hpp"
#include "src/kube/event_document.hpp"
#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

Json::Value parse(const std::string& text) {
  Json::Value value;
  std::istringstream(text) >> value;
  return value;
}

kube::Event event(const std::string& message = "3 of 4 files") {
  return {{kube::kClaims, "demo", "data", "uid-1"}, true, "RestoreNotVerified", message};
}

/// Says that the Event is there already, `age` old.
FakeApiServer::Script with_event_of(std::chrono::seconds age) {
  const std::string last = core::format_seconds(base::utc_now() - age);
  const ApiAnswer stored{.body = R"({"kind":"Event","count":4,"lastTimestamp":")" + last + "\"}"};
  return
      [stored](const ApiRequest& request) { return request.method == "POST" ? refusal(409, "AlreadyExists") : stored; };
}

struct Recording {
  explicit Recording(FakeApiServer::Script script) : asking(std::move(script)) {}
  void record(const kube::Event& what) {
    asking.on_loop([&] { recorder.record(what, within(10s)); });
  }
  /// What was asked, once as much as `count` and no more after that.
  std::vector<ApiRequest> requests(std::size_t count) {
    REQUIRE(asking.server.wait_for(count));
    text_in(
        Asking::answer_of([&](const kube::Done& done) { asking.loop.post([done] { done(std::string()); }, 100ms); }));
    return asking.server.requests();
  }

  Asking asking;
  kube::EventRecorder recorder{asking.client, "holdfast-0", 600s, asking.log};
};

}  // namespace

TEST_CASE("an Event says what happened to which object, and who says so") {
  Recording recording(always({.status = 201, .body = "{}"}));
  recording.record(event());
  const ApiRequest request = recording.requests(1).at(0);
  CHECK(request.method + " " + request.path == "POST /api/v1/namespaces/demo/events");
  const Json::Value body = parse(request.body);
  CHECK(body["apiVersion"] == "v1");
  CHECK(body["kind"] == "Event");
  CHECK(body["type"] == "Warning");
  CHECK(body["reason"] == "RestoreNotVerified");
  CHECK(body["message"] == "3 of 4 files");
  CHECK(body["count"] == 1);
  CHECK(body["firstTimestamp"] == body["lastTimestamp"]);
  CHECK(body["source"]["component"] == "holdfast");
  CHECK(body["reportingComponent"] == "holdfast");
  CHECK(body["reportingInstance"] == "holdfast-0");
  CHECK(body["involvedObject"] == parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","namespace":"demo",
                                            "name":"data","uid":"uid-1"})"));
  CHECK(body["metadata"]["name"] == kube::event_target(event()).name);
}

TEST_CASE("an Event's name follows from object, reason and message, and fits") {
  const std::string name = kube::event_target(event()).name;
  CHECK(name.starts_with("data."));
  CHECK(name.size() == std::string("data.").size() + 16);
  CHECK(kube::event_target(event()).name == name);
  CHECK(kube::event_target(event("other")).name != name);
  kube::Event longer = event();
  longer.regarding.name = std::string(253, 'a');
  CHECK(kube::event_target(longer).name.size() == 253);
}

TEST_CASE("an Event of an object without a namespace is kept in `default`; a long message is cut within no character") {
  kube::Event one = event(std::string(1023, 'x') + "\u00e9");
  one.regarding = {kube::kNamespaces, "", "demo", ""};
  CHECK(kube::event_target(one).ns == "default");
  const Json::Value body = parse(kube::event_document(one, "holdfast-0", base::utc_now()));
  CHECK_FALSE(body["involvedObject"].isMember("namespace"));
  CHECK(body["message"].asString().size() == 1023);
}

TEST_CASE("what was said lately is not said again, and anything else is") {
  Recording recording(always({.status = 201, .body = "{}"}));
  for (int i = 0; i < 3; ++i) recording.record(event());
  recording.record(event("other"));
  CHECK(recording.requests(2).size() == 2);
}

TEST_CASE("an Event that the replica before us wrote is counted on, once it is old enough") {
  Recording old(with_event_of(3600s));
  old.record(event());
  const auto requests = old.requests(3);
  REQUIRE(requests.size() == 3);
  CHECK(requests[2].method == "PATCH");
  CHECK(requests[2].path == "/api/v1/namespaces/demo/events/" + kube::event_target(event()).name);
  CHECK(parse(requests[2].body)["count"] == 5);

  Recording recent(with_event_of(60s));
  recent.record(event());
  CHECK(recent.requests(2).size() == 2);
}

TEST_CASE("a failure to write Events disturbs nobody") {
  Recording recording(in_turn({refusal(403, "Forbidden"), {.status = 201, .body = "{}"}}));
  recording.record(event());
  recording.record(event("other"));
  CHECK(recording.requests(2).size() == 2);
}
