#include <catch2/catch.hpp>

#include "holdfast/json/review.hpp"
#include "jsoncpp.hpp"
#include "reviews.hpp"

using namespace holdfast;
using json::Operation;
using json::read_review;
using json::Review;
using json::ReviewFault;
using test::accepted;
using test::claim_review;
using test::kUid;
using test::refused;

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

TEST_CASE("whether there is a spec is read") {
  auto document = claim_review();
  CHECK(accepted(document).pvc->has_spec);
  document["request"]["object"]["spec"] = Json::objectValue;
  CHECK(accepted(document).pvc->has_spec);
  document["request"]["object"]["spec"] = Json::nullValue;
  CHECK_FALSE(accepted(document).pvc->has_spec);
  document["request"]["object"].removeMember("spec");
  CHECK_FALSE(accepted(document).pvc->has_spec);
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
