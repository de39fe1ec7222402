#include <catch2/catch.hpp>

#include "holdfast/json/review.hpp"
#include "jsoncpp.hpp"

using namespace holdfast;
using json::Operation;
using json::read_review;
using json::Review;
using json::ReviewFault;

namespace {

/// A review as kube-apiserver sends it, less what nobody reads.
Json::Value claim_review() {
  return test::parse(R"({
    "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
    "request": {
      "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
      "kind": {"group": "", "version": "v1", "kind": "PersistentVolumeClaim"},
      "resource": {"group": "", "version": "v1", "resource": "persistentvolumeclaims"},
      "requestKind": {"group": "", "version": "v1", "kind": "PersistentVolumeClaim"},
      "name": "data", "namespace": "apps", "operation": "CREATE",
      "userInfo": {"username": "system:admin", "groups": ["system:masters"], "extra": {"a": ["b"]}},
      "object": {
        "kind": "PersistentVolumeClaim", "apiVersion": "v1",
        "metadata": {
          "name": "data", "namespace": "apps", "labels": {"backup": "hourly"},
          "annotations": {"volsync.backup/skip-restore": "true"},
          "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:resources": {}}}}]
        },
        "spec": {
          "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeMode": "Filesystem",
          "resources": {"requests": {"storage": "10Gi"}}
        },
        "status": {"phase": "Pending"}
      },
      "oldObject": null, "dryRun": false, "options": {"kind": "CreateOptions"}
    }})");
}

Review accepted(const Json::Value& document) {
  auto result = read_review(test::print(document));
  if (auto* fault = std::get_if<ReviewFault>(&result)) FAIL(fault->problem);
  return std::get<Review>(std::move(result));
}

ReviewFault refused_text(std::string_view text, const json::ReadLimits& limits = {}) {
  auto result = read_review(text, limits);
  REQUIRE(std::holds_alternative<ReviewFault>(result));
  return std::get<ReviewFault>(std::move(result));
}
ReviewFault refused(const Json::Value& document) { return refused_text(test::print(document)); }

constexpr auto kUid = "705ab4f5-6393-11e8-b7cc-42010a800002";

}  // namespace

TEST_CASE("a review of a claim reads in full") {
  const Review review = accepted(claim_review());
  CHECK(review.uid == kUid);
  CHECK(review.operation == Operation::Create);
  CHECK(review.group.empty());
  CHECK(review.resource == "persistentvolumeclaims");
  CHECK(review.subresource.empty());
  CHECK(review.ns == "apps");
  CHECK(review.name == "data");
  CHECK(review.user == "system:admin");
  CHECK_FALSE(review.dry_run);
  CHECK_FALSE(review.has_old_object);
  CHECK(review.creates_pvc());
  REQUIRE(review.pvc);
  CHECK(review.pvc->full_name() == core::PvcName{"apps", "data"});
  CHECK(review.pvc->labels == core::StringMap{{"backup", "hourly"}});
  CHECK(review.pvc->annotations == core::StringMap{{"volsync.backup/skip-restore", "true"}});
  CHECK(review.pvc->has_annotations);
  CHECK(review.pvc->requested_bytes == std::int64_t{10} << 30);
  CHECK(review.pvc->storage_class == "fast");
  CHECK(review.pvc->volume_mode == "Filesystem");
  CHECK_FALSE(review.pvc->has_selector);
  CHECK_FALSE(review.pvc->data_source);
  CHECK_FALSE(review.pvc->data_source_ref);
}

TEST_CASE("the spec's sources, owners and bindings are read") {
  auto document = claim_review();
  auto& object = document["request"]["object"];
  object["metadata"]["ownerReferences"] = test::parse(
      R"([{"kind":"StatefulSet","name":"db","controller":true,"blockOwnerDeletion":true},{"kind":"X","controller":null}])");
  object["spec"]["dataSource"] = test::parse(R"({"kind":"PersistentVolumeClaim","name":"old"})");
  object["spec"]["dataSourceRef"] = test::parse(
      R"({"apiGroup":"volsync.backube","kind":"ReplicationDestination","name":"data-backup","namespace":"other"})");
  object["spec"]["selector"] = Json::objectValue;
  object["spec"]["volumeName"] = "pv-1";
  object["spec"]["storageClassName"] = "";
  const auto pvc = *accepted(document).pvc;
  REQUIRE(pvc.owners.size() == 2);
  CHECK(pvc.owners[0].kind == "StatefulSet");
  CHECK(pvc.owners[0].controller);
  CHECK_FALSE(pvc.owners[1].controller);
  CHECK(pvc.data_source == core::ObjectReference{"", "PersistentVolumeClaim", "old", ""});
  CHECK(pvc.data_source_ref ==
        core::ObjectReference{"volsync.backube", "ReplicationDestination", "data-backup", "other"});
  CHECK(pvc.has_selector);
  CHECK(pvc.volume_name == "pv-1");
  CHECK(pvc.storage_class == "");
}

TEST_CASE("null is absent, and an empty string in a map of strings") {
  auto document = claim_review();
  auto& object = document["request"]["object"];
  object["metadata"]["annotations"] = Json::nullValue;
  object["metadata"]["labels"]["nothing"] = Json::nullValue;
  object["metadata"]["ownerReferences"] = Json::nullValue;
  object["spec"]["selector"] = Json::nullValue;
  object["spec"]["storageClassName"] = Json::nullValue;
  object["spec"]["dataSource"] = Json::nullValue;
  object["spec"]["resources"]["requests"]["storage"] = Json::nullValue;
  const auto pvc = *accepted(document).pvc;
  CHECK_FALSE(pvc.has_annotations);
  CHECK(pvc.labels.at("nothing").empty());
  CHECK(pvc.owners.empty());
  CHECK_FALSE(pvc.has_selector);
  CHECK_FALSE(pvc.storage_class);
  CHECK_FALSE(pvc.data_source);
  CHECK_FALSE(pvc.requested_bytes);
}

TEST_CASE("empty annotations are present") {
  auto document = claim_review();
  document["request"]["object"]["metadata"]["annotations"] = Json::objectValue;
  CHECK(accepted(document).pvc->has_annotations);
}

TEST_CASE("every operation reads, and only the creation of a claim itself is our question") {
  auto document = claim_review();
  auto& request = document["request"];
  const bool expected[] = {true, false, false, false};
  const char* const words[] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};
  const Operation operations[] = {Operation::Create, Operation::Update, Operation::Delete, Operation::Connect};
  for (int i = 0; i < 4; ++i) {
    request["operation"] = words[i];
    const Review review = accepted(document);
    CHECK(review.operation == operations[i]);
    CHECK(review.creates_pvc() == expected[i]);
  }
  request["operation"] = "CREATE";
  request["subResource"] = "status";
  const Review review = accepted(document);
  CHECK(review.subresource == "status");
  CHECK_FALSE(review.creates_pvc());
}

TEST_CASE("a deletion has an old object and none of its own") {
  auto document = claim_review();
  document["request"]["operation"] = "DELETE";
  document["request"]["oldObject"] = document["request"]["object"];
  document["request"]["object"] = Json::nullValue;
  document["request"]["dryRun"] = true;
  const Review review = accepted(document);
  CHECK(review.has_old_object);
  CHECK(review.dry_run);
  CHECK_FALSE(review.pvc);
}

TEST_CASE("name and namespace come from the request where the object lacks them") {
  auto document = claim_review();
  document["request"]["object"]["metadata"].removeMember("namespace");
  document["request"]["object"]["metadata"].removeMember("name");
  CHECK(accepted(document).pvc->full_name() == core::PvcName{"apps", "data"});
}

TEST_CASE("a name still to be generated stays empty") {
  auto document = claim_review();
  document["request"].removeMember("name");
  document["request"]["object"]["metadata"].removeMember("name");
  document["request"]["object"]["metadata"]["generateName"] = "data-";
  const Review review = accepted(document);
  CHECK(review.pvc->name.empty());
  CHECK(review.pvc->generate_name == "data-");
}

TEST_CASE("the order of members does not matter") {
  const std::string text =
      R"({"request":{"object":{"spec":{"volumeName":"v"},"metadata":{"name":"a"}},"operation":"CREATE",)"
      R"("resource":{"resource":"persistentvolumeclaims","version":"v1"},"namespace":"n","uid":"u"},)"
      R"("kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})";
  const auto result = read_review(text);
  REQUIRE(std::holds_alternative<Review>(result));
  const Review& review = std::get<Review>(result);
  CHECK(review.pvc->full_name() == core::PvcName{"n", "a"});
  CHECK(review.pvc->volume_name == "v");
  CHECK(review.uid == "u");
}

TEST_CASE("an object of another kind is not held to the shape of a claim") {
  auto document = claim_review();
  document["request"]["resource"]["resource"] = "widgets";
  document["request"]["resource"]["group"] = "example.org";
  document["request"]["object"]["spec"]["volumeName"] = 5;
  document["request"]["object"]["metadata"]["labels"] = Json::arrayValue;
  const Review review = accepted(document);
  CHECK_FALSE(review.pvc);
  CHECK_FALSE(review.creates_pvc());
  CHECK(review.group == "example.org");
}

TEST_CASE("another version of claims is not a claim we know") {
  auto document = claim_review();
  document["request"]["resource"]["version"] = "v2";
  CHECK_FALSE(accepted(document).pvc);
}

TEST_CASE("escapes, surrogate pairs and NUL are read as what they mean") {
  const std::string text =
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE",)"
      R"("resource":{"version":"v1","resource":"persistentvolumeclaims"},)"
      R"("object":{"metadata":{"labels":{"\u0062ackup":"a\u0000b\ud83d\ude00\/"}}}}})";
  const auto result = read_review(text);
  REQUIRE(std::holds_alternative<Review>(result));
  CHECK(std::get<Review>(result).pvc->labels.at("backup") == std::string("a\0b\xF0\x9F\x98\x80/", 8));
}

TEST_CASE("storage may be a string or a number") {
  auto document = claim_review();
  auto& storage = document["request"]["object"]["spec"]["resources"]["requests"]["storage"];
  storage = Json::Int64{10737418240};
  CHECK(accepted(document).pvc->requested_bytes == 10737418240);
  storage = "1500M";
  CHECK(accepted(document).pvc->requested_bytes == 1'500'000'000);
  storage = "99999999999999999999999";
  CHECK(accepted(document).pvc->requested_bytes == std::numeric_limits<std::int64_t>::max());
  storage = "ten";
  CHECK(refused(document).problem == "request.object.spec.resources.requests.storage: not a quantity of bytes");
}

TEST_CASE("a value of the wrong type is named by its full path, and the uid is echoed") {
  const auto problem_of = [](auto change) {
    auto document = claim_review();
    change(document["request"]["object"]);
    const ReviewFault fault = refused(document);
    CHECK(fault.uid == kUid);
    return fault.problem;
  };
  CHECK(problem_of([](auto& o) { o["metadata"]["labels"]["backup"] = true; }) ==
        "request.object.metadata.labels.backup: expected a string, found a boolean");
  CHECK(problem_of([](auto& o) { o["metadata"]["annotations"]["a/b"] = 5; }) ==
        "request.object.metadata.annotations.a/b: expected a string, found a number");
  CHECK(problem_of([](auto& o) { o["metadata"]["labels"] = "x"; }) ==
        "request.object.metadata.labels: expected an object, found a string");
  CHECK(problem_of([](auto& o) { o["metadata"]["name"] = Json::objectValue; }) ==
        "request.object.metadata.name: expected a string, found an object");
  CHECK(problem_of([](auto& o) { o["metadata"]["ownerReferences"] = Json::objectValue; }) ==
        "request.object.metadata.ownerReferences: expected an array, found an object");
  CHECK(problem_of([](auto& o) {
          o["metadata"]["ownerReferences"] = test::parse(R"([{"kind":"A"},{"controller":"yes"}])");
        }) == "request.object.metadata.ownerReferences[1].controller: expected a boolean, found a string");
  CHECK(problem_of([](auto& o) { o["metadata"]["ownerReferences"] = test::parse("[null]"); }) ==
        "request.object.metadata.ownerReferences[0]: expected an object, found null");
  CHECK(problem_of([](auto& o) { o["spec"]["resources"]["requests"]["storage"] = false; }) ==
        "request.object.spec.resources.requests.storage: expected a string or a number, found a boolean");
}

TEST_CASE("several faults are told together") {
  auto document = claim_review();
  document["request"]["object"]["metadata"]["labels"]["backup"] = true;
  document["request"]["object"]["spec"]["volumeName"] = Json::arrayValue;
  CHECK(refused(document).problem ==
        "request.object.metadata.labels.backup: expected a string, found a boolean; "
        "request.object.spec.volumeName: expected a string, found an array");
}

TEST_CASE("what is told of a fault stays short, whatever was sent") {
  auto document = claim_review();
  for (int i = 0; i < 100; ++i) {
    document["request"]["object"]["metadata"]["labels"][std::string(5000, 'k') + std::to_string(i)] = i;
  }
  const auto problem = refused(document).problem;
  CHECK(problem.size() < 700);
  CHECK(problem.starts_with("request.object.metadata.labels.kkk"));
}

TEST_CASE("what is missing or foreign in the envelope is named") {
  const auto problem_without = [](const char* field) {
    auto document = claim_review();
    document["request"].removeMember(field);
    return refused(document).problem;
  };
  CHECK(problem_without("uid") == "request.uid: missing");
  CHECK(problem_without("object") == "request.object: missing");
  CHECK(problem_without("resource") == "request.resource.resource: missing");
  CHECK(problem_without("operation") == "request.operation: expected CREATE, UPDATE, DELETE or CONNECT, found nothing");

  auto document = claim_review();
  document["request"]["operation"] = "PATCH\n";
  CHECK(refused(document).problem == "request.operation: expected CREATE, UPDATE, DELETE or CONNECT, found \"PATCH \"");
  document = claim_review();
  document["kind"] = "Pod";
  CHECK(refused(document).problem == "kind: expected AdmissionReview, found \"Pod\"");
  document["apiVersion"] = "admission.k8s.io/v1beta1";
  const auto fault = refused(document);
  CHECK(fault.problem == "apiVersion: expected admission.k8s.io/v1, found \"admission.k8s.io/v1beta1\"");
  CHECK(fault.uid == kUid);
  CHECK(refused_text("{}").problem == "apiVersion: expected admission.k8s.io/v1, found nothing");
  CHECK(refused_text(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":null})").problem ==
        "request: missing");
}

TEST_CASE("an update of a claim without an object is a fault too") {
  auto document = claim_review();
  document["request"]["operation"] = "UPDATE";
  document["request"]["object"] = Json::nullValue;
  CHECK(refused(document).problem == "request.object: missing");
}

TEST_CASE("an absurd uid is neither taken nor echoed") {
  auto document = claim_review();
  document["request"]["uid"] = std::string(129, 'u');
  const auto fault = refused(document);
  CHECK(fault.problem == "request.uid: longer than 128 bytes");
  CHECK(fault.uid.empty());
  document["request"]["uid"] = 7;
  CHECK(refused(document).problem == "request.uid: expected a string, found a number");
}

TEST_CASE("the uid is echoed although a later part is no JSON at all") {
  std::string text = test::print(claim_review());
  const auto reordered = R"({"request":{"uid":"u-1","object":{"metadata":{"labels":{"a" "b"}}}}})";
  CHECK(refused_text(reordered).uid == "u-1");
  CHECK_THAT(refused_text(reordered).problem,
             Catch::StartsWith("request.object.metadata.labels.a: not JSON at byte") && Catch::Contains("colon"));
  text.resize(text.size() - 2);
  CHECK(refused_text(text).problem.find("not JSON at byte") != std::string::npos);
}

TEST_CASE("a key that occurs twice is a fault at any level, also where nobody looks") {
  CHECK(refused_text(R"({"kind":"A","kind":"B"})").problem == "kind: this key occurs twice");
  const auto fault = refused_text(
      R"({"request":{"uid":"u","object":{"metadata":{"managedFields":[{},{"a":{"x":1,"y":2,"\u0078":3}}]}}}})");
  CHECK(fault.problem == "request.object.metadata.managedFields[1].a.x: this key occurs twice");
  CHECK(fault.uid == "u");
  CHECK(refused_text(R"({"a":{"k":1,"k":2},"request":{"uid":"later"}})").uid == "later");
}

TEST_CASE("the same key in two objects is no repetition, however many there are") {
  auto document = claim_review();
  for (int i = 0; i < 200; ++i) {
    for (const char* place : {"x", "y"}) document["request"]["options"][place]["k" + std::to_string(i)] = i;
    document["request"]["options"]["x"]["deep"]["k" + std::to_string(i)] = i;
  }
  accepted(document);
  auto text = test::print(document);
  const auto at = text.find("\"k150\"");
  REQUIRE(at != std::string::npos);
  text.replace(at, 6, "\"k199\"");
  CHECK_THAT(refused_text(text).problem, Catch::EndsWith("k199: this key occurs twice"));
}

TEST_CASE("too much of anything ends the reading") {
  const std::string nested = R"({"request":{"uid":"u","options":)" + std::string(10'000, '[');
  CHECK_THAT(refused_text(nested).problem, Catch::EndsWith("nested deeper than 64 levels"));
  CHECK(refused_text(nested).uid == "u");
  CHECK(refused_text(std::string(3 * 1024 * 1024 + 1, ' ')).problem == "longer than 3145728 bytes");
  std::string many = R"({"request":{"uid":"u"},"a":[0)";
  for (int i = 0; i < 100'001; ++i) many += ",0";
  CHECK_THAT(refused_text(many + "]}").problem, Catch::Contains("more than 100000 keys and values"));
  CHECK_THAT(refused_text(R"({"a":1,"b":2,"c":3})", {.members = 2}).problem, Catch::Contains("more than 2 keys"));
}

TEST_CASE("three megabytes of unread content are no fault") {
  auto document = claim_review();
  document["request"]["options"]["blob"] = std::string(3'000'000, 'x');
  CHECK(accepted(document).uid == kUid);
}

TEST_CASE("what is not exactly one JSON document is refused") {
  const std::string good = test::print(claim_review());
  CHECK(refused_text("").problem == "empty: expected a JSON document");
  CHECK(refused_text("null").problem == "expected an object, found null");
  CHECK(refused_text("[]").problem == "expected an object, found an array");
  CHECK(refused_text("5").problem == "expected an object, found a number");
  for (const char* tail : {"x", "{}", ",", "]"})
    CHECK_THAT(refused_text(good + tail).problem, Catch::Contains("not JSON"));
  CHECK_THAT(refused_text(good + std::string("\0x", 2)).problem, Catch::Contains("more after the end"));
  for (const char* bad : {"{'a':1}", "{a:1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":1}//",
                          "{\"a\":\"\\ud800\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\t\"}", "{\"a\":tru}", "{\"a\":nul}",
                          "{\"a\":1e999}", "{\"a\":\"\xFF\"}", "{\"a\":\"\xC0\xAF\"}", "{\"a\":\"\xED\xA0\x80\"}"}) {
    INFO(bad);
    CHECK_THAT(refused_text(bad).problem, Catch::Contains("not JSON at byte"));
  }
}

TEST_CASE("numbers of any length are skipped where nobody reads them") {
  auto text = test::print(claim_review());
  text.insert(1, R"("n":[123456789012345678901234567890,-0.5e-7,18446744073709551615],)");
  CHECK(std::holds_alternative<Review>(read_review(text)));
}
