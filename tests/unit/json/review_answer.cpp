#include <catch2/catch.hpp>

#include "holdfast/base/text.hpp"
#include "holdfast/json/review.hpp"
#include "jsoncpp.hpp"

using namespace holdfast;
using json::Answer;
using json::write_answer;

namespace {

Json::Value written(const Answer& answer) { return test::parse(write_answer(answer)); }

/// Independent of the encoder: looks letters up one by one.
std::string decode_base64(const std::string& text) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(letters.find(c));
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return out;
}

}  // namespace

TEST_CASE("an admission says so and nothing else") {
  const auto document = written({.uid = "u-1", .allowed = true});
  CHECK(test::print(document) ==
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":true,"uid":"u-1"}})");
}

TEST_CASE("a patch travels in base64 with its type") {
  const std::string patch = R"([{"op":"remove","path":"/metadata/annotations/a~1b"}])";
  const auto response = written({.uid = "u", .allowed = true, .patch = patch})["response"];
  CHECK(response["patchType"] == "JSONPatch");
  CHECK(decode_base64(response["patch"].asString()) == patch);
}

TEST_CASE("a denial carries code, reason, message and when to come back, and never a patch") {
  const auto response = written({.uid = "u",
                                 .patch = "[]",
                                 .code = 503,
                                 .reason = "IndexUnavailable",
                                 .message = "holdfast: IndexUnavailable: \"x\"",
                                 .retry_after_seconds = 2})["response"];
  CHECK_FALSE(response["allowed"].asBool());
  CHECK(response["status"]["status"] == "Failure");
  CHECK(response["status"]["code"] == 503);
  CHECK(response["status"]["reason"] == "IndexUnavailable");
  CHECK(response["status"]["message"] == "holdfast: IndexUnavailable: \"x\"");
  CHECK(response["status"]["details"]["retryAfterSeconds"] == 2);
  CHECK_FALSE(response.isMember("patch"));
  CHECK_FALSE(response.isMember("patchType"));
}

TEST_CASE("a denial for good names no time to come back") {
  const auto response = written({.uid = "u", .code = 403})["response"];
  CHECK_FALSE(response["status"].isMember("details"));
}

TEST_CASE("the default answer denies") { CHECK_FALSE(written({})["response"]["allowed"].asBool()); }

TEST_CASE("audit annotations are an object of strings") {
  const auto response = written(
      {.uid = "u", .allowed = true, .audit_annotations = {{"verdict", "pass"}, {"code", "NotOptedIn"}}})["response"];
  CHECK(response["auditAnnotations"]["verdict"] == "pass");
  CHECK(response["auditAnnotations"]["code"] == "NotOptedIn");
}

TEST_CASE("warnings fit a header: one line, at most 256 bytes, no half character") {
  const std::string euro = "\xE2\x82\xAC";
  std::string longest;
  while (longest.size() < 400) longest += euro;
  const auto warnings = written(
      {.uid = "u", .allowed = true, .warnings = {"a\nb\x01", longest, std::string(256, 'x')}})["response"]["warnings"];
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0] == "a b ");
  CHECK(warnings[1].asString().size() <= 256);
  CHECK(warnings[1].asString().size() > 240);
  CHECK(warnings[1].asString().ends_with(euro + "..."));
  CHECK(warnings[2] == std::string(256, 'x'));
}

TEST_CASE("what goes out is well-formed UTF-8 whatever came in") {
  const std::string text =
      write_answer({.uid = "\xFFu", .message = "a\xC3(\xED\xA0\x80z", .audit_annotations = {{"k\xFE", "v\x80"}}});
  CHECK(base::find_invalid_utf8(text) == std::string::npos);
  const auto response = test::parse(text)["response"];
  CHECK(response["uid"] == "\xEF\xBF\xBDu");
  CHECK(response["status"]["message"] == "a\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");
}
