// Signatures against those that Amazon published: the "Signature Version 4 test suite" of the AWS General Reference,
// and the examples of "Signature Calculations for the Authorization Header" in the Amazon S3 API reference.
#include "src/index/s3/signature.hpp"

#include <catch2/catch.hpp>

namespace holdfast::index::test {
namespace {

struct Vector {
  std::string name;
  std::string method;
  std::string path;
  Fields query;
  std::string token;
  std::string signed_headers;
  std::string signature;
};

const std::string kToken =
    "AQoDYXdzEPT//////////"
    "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx"
    "7mSEI/qkPpKPi/"
    "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q"
    "6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

std::string authorization(const S3Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "authorization") return value;
  }
  return {};
}

TEST_CASE("the signatures of the published test suite come out") {
  const auto vector = GENERATE(Vector{"get-vanilla",
                                      "GET",
                                      "/",
                                      {},
                                      "",
                                      "host;x-amz-date",
                                      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
                               Vector{"get-vanilla-query-order-key-case",
                                      "GET",
                                      "/",
                                      {{"Param2", "value2"}, {"Param1", "value1"}},
                                      "",
                                      "host;x-amz-date",
                                      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
                               Vector{"get-vanilla-utf8-query",
                                      "GET",
                                      "/",
                                      {{"\u1234", "bar"}},
                                      "",
                                      "host;x-amz-date",
                                      "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
                               Vector{"get-utf8",
                                      "GET",
                                      "/\u1234",
                                      {},
                                      "",
                                      "host;x-amz-date",
                                      "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
                               Vector{"post-vanilla",
                                      "POST",
                                      "/",
                                      {},
                                      "",
                                      "host;x-amz-date",
                                      "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
                               Vector{"post-sts-header-before",
                                      "POST",
                                      "/",
                                      {},
                                      kToken,
                                      "host;x-amz-date;x-amz-security-token",
                                      "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"});
  CAPTURE(vector.name);
  S3Request request{vector.method, vector.path, vector.query, {{"host", "example.amazonaws.com"}}};
  sign(request, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", vector.token}, {"us-east-1", "service"},
       *core::parse_rfc3339("2015-08-30T12:36:00Z"));
  CHECK(authorization(request) ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
            vector.signed_headers + ", Signature=" + vector.signature);
}

std::string signed_for_s3(S3Request request) {
  request.headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
  request.headers.push_back(empty_body_hash());
  sign(request, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""}, {"us-east-1", "s3"},
       *core::parse_rfc3339("2013-05-24T00:00:00Z"));
  const std::string all = authorization(request);
  return all.substr(all.find("SignedHeaders="));
}

TEST_CASE("the signatures of the published S3 examples come out") {
  CHECK(signed_for_s3({"GET", "/test.txt", {}, {{"range", "bytes=0-9"}}}) ==
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(signed_for_s3({"GET", "/", {{"lifecycle", ""}}, {}}) ==
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  CHECK(signed_for_s3({"GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}}) ==
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("what is sent is what was signed: encoded once, the query in order") {
  CHECK(canonical_target({"GET", "/bucket/a b/\xC3\xBC~+", {{"prefix", "a/b=&"}, {"list-type", "2"}}, {}}) ==
        "/bucket/a%20b/%C3%BC~%2B?list-type=2&prefix=a%2Fb%3D%26");
  CHECK(canonical_target({"GET", "/", {}, {}}) == "/");
}

}  // namespace
}  // namespace holdfast::index::test
