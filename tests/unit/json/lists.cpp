#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "holdfast/json/objects.hpp"
#include "tests/unit/json/jsoncpp.hpp"

using namespace holdfast;
using namespace holdfast::json;
using Catch::Contains;

namespace {

struct Listed {
  std::variant<ListHead, ObjectFault> result;
  std::vector<std::string> objects;
};

Listed list(std::string_view body) {
  Listed listed;
  listed.result = read_list(body, [&](std::string_view object) { listed.objects.emplace_back(object); });
  return listed;
}

std::string fault(const Listed& listed) {
  const auto* found = std::get_if<ObjectFault>(&listed.result);
  return found == nullptr ? "no fault" : found->problem;
}

std::string event_fault(std::string_view line) {
  const auto result = read_watch_event(line);
  const auto* found = std::get_if<ObjectFault>(&result);
  return found == nullptr ? "no fault" : found->problem;
}

/// A claim as the API server keeps it, with what server-side apply notes of it.
Json::Value claim(int number) {
  Json::Value claim = test::parse(R"({
    "metadata": {
      "name": "", "namespace": "apps", "uid": "u", "resourceVersion": "7", "labels": {"backup": "daily"},
      "managedFields": [
        {"manager": "kubectl", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1":
          {"f:metadata": {"f:labels": {"f:backup": {}}}, "f:spec": {"f:resources": {"f:requests": {"f:storage": {}}}}}},
        {"manager": "kube-controller-manager", "subresource": "status", "fieldsV1": {"f:status": {"f:phase": {}}}}]
    },
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    "status": {"phase": "Bound"}})");
  claim["metadata"]["name"] = "data-" + std::to_string(number);
  return claim;
}

}  // namespace

TEST_CASE("every member of a list is handed on as it stands, in order") {
  const Listed listed = list(R"({"kind":"PersistentVolumeClaimList","apiVersion":"v1",
    "metadata":{"resourceVersion":"42","continue":"next","remainingItemCount":3},
    "items":[ {"a":"}]"} ,{},{"b":[{"c":{}}]}]})");
  const auto& head = std::get<ListHead>(listed.result);
  CHECK(head.resource_version == "42");
  CHECK(head.continue_token == "next");
  CHECK(listed.objects == std::vector<std::string>{R"({"a":"}]"})", "{}", R"({"b":[{"c":{}}]})"});
}

TEST_CASE("the head may come after the members") {
  const Listed listed = list(R"({"items":[{}],"metadata":{"resourceVersion":"42"},"kind":"JobList"})");
  CHECK(std::get<ListHead>(listed.result).resource_version == "42");
  CHECK(listed.objects.size() == 1);
}

TEST_CASE("an empty list is no fault, whether null or an empty array") {
  for (const char* items : {"null", "[]"}) {
    const Listed listed =
        list(std::string(R"({"kind":"JobList","metadata":{"resourceVersion":"1"},"items":)") + items + "}");
    CHECK(fault(listed) == "no fault");
    CHECK(listed.objects.empty());
    CHECK(std::get<ListHead>(listed.result).continue_token.empty());
  }
}

TEST_CASE("a thousand claims with all that the API server notes of them are read one by one") {
  Json::Value body;
  body["kind"] = "PersistentVolumeClaimList";
  body["metadata"]["resourceVersion"] = "9";
  for (int i = 0; i < 1000; ++i) body["items"].append(claim(i));
  const std::string text = test::print(body);
  std::vector<std::string> names;
  const auto result = read_list(text, [&](std::string_view object) {
    CHECK(object.data() >= text.data());
    CHECK(object.data() + object.size() <= text.data() + text.size());
    const auto read = read_claim(object);
    names.push_back(std::get<core::Claim>(read).pvc.name);
  });
  CHECK(std::holds_alternative<ListHead>(result));
  REQUIRE(names.size() == 1000);
  CHECK(names.front() == "data-0");
  CHECK(names.back() == "data-999");
}

TEST_CASE("what is no list never looks like an empty one") {
  CHECK_THAT(fault(list("{}")), Contains("kind: expected a list"));
  CHECK_THAT(fault(list(R"({"kind":"Status","metadata":{"resourceVersion":"1"},"code":500})")),
             Contains("kind: expected a list, found \"Status\""));
  CHECK(fault(list(R"({"kind":"JobList","metadata":{},"items":[]})")) == "metadata.resourceVersion: missing");
  CHECK(fault(list("null")) == "expected an object, found null");
  CHECK_THAT(fault(list("")), Contains("empty"));
}

TEST_CASE("a list with something else than objects in it is a fault that names the place") {
  const auto with = [](const char* items) {
    return fault(list(std::string(R"({"kind":"JobList","metadata":{"resourceVersion":"1"},"items":)") + items + "}"));
  };
  CHECK(with("[{},7]") == "items[1]: expected an object, found a number");
  CHECK(with("[null]") == "items[0]: expected an object, found null");
  CHECK(with("{}") == "items: expected an array, found an object");
  CHECK_THAT(with("[{\"a\":1,\"a\":2}]"), Contains("items[0].a: this key occurs twice"));
  CHECK(fault(list(R"({"kind":"JobList","metadata":{"resourceVersion":7}})")) ==
        "metadata.resourceVersion: expected a string, found a number");
}

TEST_CASE("a list that is cut off is a fault, wherever") {
  const std::string whole = R"({"kind":"JobList","metadata":{"resourceVersion":"1"},"items":[{"a":[1,"x"]},{}]})";
  REQUIRE(fault(list(whole)) == "no fault");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK(std::holds_alternative<ObjectFault>(list(whole.substr(0, size)).result));
  }
}

TEST_CASE("nesting without end does not end the reader") {
  const std::string deep = R"({"kind":"JobList","items":[{"a":)" + std::string(100'000, '[');
  CHECK_THAT(fault(list(deep)), Contains("nested deeper than 130 levels"));
  CHECK_THAT(event_fault(R"({"type":"ADDED","object":)" + std::string(100'000, '[')),
             Contains("nested deeper than 129 levels"));
}

TEST_CASE("a list is bounded by its size alone") {
  CHECK(fault(list(std::string(64 * 1024 * 1024 + 1, ' '))) == "longer than 67108864 bytes");
  std::string many = R"({"kind":"JobList","metadata":{"resourceVersion":"1"},"items":[{})";
  for (int i = 0; i < 300'000; ++i) many += ",{}";
  const Listed listed = list(many + "]}");
  CHECK(fault(listed) == "no fault");
  CHECK(listed.objects.size() == 300'001);
}

TEST_CASE("a watch event says what happened and hands on the object as it stands") {
  using Type = WatchEvent::Type;
  const std::pair<const char*, Type> kTypes[] = {{"ADDED", Type::Added},
                                                 {"MODIFIED", Type::Modified},
                                                 {"DELETED", Type::Deleted},
                                                 {"BOOKMARK", Type::Bookmark},
                                                 {"ERROR", Type::Error}};
  for (const auto& [word, type] : kTypes) {
    const std::string line = std::string(R"({"type":")") + word + R"(","object":{"kind":"X","n":{}}})";
    const auto result = read_watch_event(line);
    const auto& event = std::get<WatchEvent>(result);
    CHECK(event.type == type);
    CHECK(event.object == R"({"kind":"X","n":{}})");
  }
}

TEST_CASE("a bookmark holds nothing but the version to go on from") {
  const auto result = read_watch_event(
      R"({"type":"BOOKMARK","object":{"kind":"Job","apiVersion":"batch/v1","metadata":{"resourceVersion":"99",
          "creationTimestamp":null,"annotations":{"k8s.io/initial-events-end":"true"}},"spec":{},"status":{}}})");
  const auto meta = read_meta(std::get<WatchEvent>(result).object);
  CHECK(std::get<core::Meta>(meta).resource_version == "99");
}

TEST_CASE("an error event holds a status") {
  const auto result = read_watch_event(
      R"({"type":"ERROR","object":{"kind":"Status","status":"Failure","reason":"Expired","code":410,
          "message":"too old resource version"}})");
  const auto status = read_status(std::get<WatchEvent>(result).object);
  CHECK(std::get<ApiStatus>(status).code == 410);
  CHECK(std::get<ApiStatus>(status).reason == "Expired");
}

TEST_CASE("a line that is no watch event is a fault") {
  CHECK(event_fault(R"({"type":"RENAMED\n","object":{}})") == "type: unknown word \"RENAMED \"");
  CHECK(event_fault(R"({"object":{}})") == "type: unknown word \"\"");
  CHECK(event_fault(R"({"type":"ADDED"})") == "object: missing");
  CHECK(event_fault(R"({"type":"ADDED","object":null})") == "object: missing");
  CHECK(event_fault(R"({"type":"ADDED","object":[]})") == "object: expected an object, found an array");
  CHECK_THAT(event_fault(R"({"type":"ADDED","object":{}} {)"), Contains("not JSON"));
  CHECK_THAT(event_fault(std::string(4 * 1024 * 1024, ' ')), Contains("longer than"));
}
