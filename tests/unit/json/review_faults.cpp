#include <catch2/catch.hpp>

#include "holdfast/json/review.hpp"
#include "jsoncpp.hpp"
#include "reviews.hpp"

using namespace holdfast;
using json::read_review;
using json::Review;
using test::accepted;
using test::claim_review;
using test::kUid;
using test::refused;
using test::refused_text;

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

TEST_CASE("a claim with more labels or annotations than anybody sets is a fault") {
  for (const char* field : {"labels", "annotations"}) {
    auto document = claim_review();
    Json::Value& entries = document["request"]["object"]["metadata"][field];
    for (int i = static_cast<int>(entries.size()); i < 1000; ++i) entries["k" + std::to_string(i)] = "v";
    accepted(document);
    entries["more"] = "v";
    CHECK(refused(document).problem == std::string("request.object.metadata.") + field + ": more than 1000 entries");
  }
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
