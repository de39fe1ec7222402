#include "src/index/s3/answers.hpp"

#include <catch2/catch.hpp>

namespace holdfast::index::test {
namespace {

using Catch::Contains;

std::string list_text(const std::string& inside) {
  return "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>" +
         inside + "</ListBucketResult>";
}

std::string key(const std::string& name) {
  return "<Contents><Key>" + name + "</Key><Size>1</Size><Owner><ID>me</ID></Owner></Contents>";
}

S3Address address() {
  S3Options options;
  options.endpoint = "https://s3.example.org";
  options.bucket = "backups";
  options.prefix = "kopia/";
  return S3Address::of(options);
}

net::Reply refusal(int status, const std::string& code, const std::string& more = "") {
  return {status,
          {{"date", "Sat, 21 Nov 2026 12:00:00 GMT"}},
          "<Error><Code>" + code + "</Code><Message>key AKIA</Message>" + more + "</Error>"};
}

std::string told(const net::Reply& reply) {
  return explain(read_error(reply), address(), *core::parse_rfc3339("2026-11-21T15:00:00Z"));
}

TEST_CASE("a page has its keys, and says how to go on") {
  const ListPage last = read_list_page(list_text("<IsTruncated>false</IsTruncated>" + key("x1") + key("x2")));
  CHECK(last.keys == std::vector<std::string>{"x1", "x2"});
  CHECK(last.continuation.empty());
  const ListPage page = read_list_page(
      list_text("<IsTruncated>true</IsTruncated><NextContinuationToken>go on</NextContinuationToken>" + key("x1")));
  CHECK(page.continuation == "go on");
}

TEST_CASE("folders below the prefix are no keys") {
  const std::string folder = "<CommonPrefixes><Prefix>xyz/</Prefix></CommonPrefixes>";
  CHECK(read_list_page(list_text("<IsTruncated>false</IsTruncated>" + folder)).keys.empty());
}

TEST_CASE("what is no list, or does not say whether it is whole, is not taken for an empty one") {
  CHECK_THROWS_WITH(read_list_page(""), Contains("cannot be read"));
  CHECK_THROWS_WITH(read_list_page("<html><body>Welcome</body></html>"), Contains("no ListBucketResult"));
  CHECK_THROWS_WITH(read_list_page("<Error><Code>SlowDown</Code></Error>"), Contains("no ListBucketResult"));
  CHECK_THROWS_WITH(read_list_page(list_text("")), Contains("whether it is complete"));
  CHECK_THROWS_WITH(read_list_page(list_text("<IsTruncated>perhaps</IsTruncated>")),
                    Contains("whether it is complete"));
  CHECK_THROWS_WITH(read_list_page(list_text("<IsTruncated>true</IsTruncated>")), Contains("how to go on"));
  const std::string whole = list_text("<IsTruncated>false</IsTruncated>" + key("x1"));
  CHECK_THROWS_WITH(read_list_page(whole.substr(0, whole.size() - 3)), Contains("cannot be read"));
}

TEST_CASE("a page of endless keys is refused") {
  std::string keys = "<IsTruncated>false</IsTruncated>";
  for (int i = 0; i < 10'001; ++i) keys += key("x");
  CHECK_THROWS_WITH(read_list_page(list_text(keys)), Contains("more than 10000 keys"));
}

TEST_CASE("a refusal is told with the code of the server and the setting it is about") {
  CHECK(told(refusal(404, "NoSuchBucket")) ==
        "s3.example.org has no bucket backups (404 NoSuchBucket); see index.s3.bucket");
  CHECK_THAT(told(refusal(403, "InvalidAccessKeyId")),
             Contains("does not take the keys (403 InvalidAccessKeyId)") && Contains("index.s3.accessKeyFile"));
  CHECK_THAT(told(refusal(403, "SignatureDoesNotMatch")), Contains("index.s3.secretKeyFile"));
  CHECK_THAT(told(refusal(403, "AccessDenied")),
             Contains("read s3://backups/kopia/ (403 AccessDenied)") && Contains("ListBucket"));
  CHECK_THAT(told(refusal(400, "ExpiredToken")), Contains("index.s3.sessionTokenFile"));
  CHECK_THAT(told(refusal(503, "SlowDown")), Contains("cannot answer now (503 SlowDown)"));
  CHECK_THAT(told({418, {}, "no xml"}), Contains("refuses to read s3://backups/kopia/ (418)"));
  CHECK_THAT(told({403, {}, ""}), Contains("(403)"));
}

TEST_CASE("a clock that is wrong is told with both times") {
  CHECK(
      told(refusal(403, "RequestTimeTooSkewed")) ==
      "the clocks of this machine (2026-11-21T15:00:00Z) and of s3.example.org (Sat, 21 Nov 2026 12:00:00 GMT) are too "
      "far apart (403 RequestTimeTooSkewed); set the wrong one right");
}

TEST_CASE("a wrong region is told with the right one, wherever the server says it") {
  CHECK_THAT(told(refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")),
             Contains("belongs to the region eu-west-1, not to us-east-1") && Contains("index.s3.region"));
  net::Reply moved = refusal(301, "PermanentRedirect");
  moved.headers.emplace_back("x-amz-bucket-region", "ap-south-1");
  CHECK_THAT(told(moved), Contains("the region ap-south-1") && Contains("301 PermanentRedirect"));
  CHECK_THAT(told({307, {}, ""}), Contains("another region or endpoint") && Contains("(307)"));
}

TEST_CASE("the server's words are cut down to letters, and its message is not shown") {
  const std::string text = told(refusal(403, "Access&#10;; &lt;Denied&gt;" + std::string(200, 'x')));
  CHECK_THAT(text, Contains("403 AccessDenied") && !Contains("AKIA") && !Contains("\n"));
  CHECK(text.size() < 300);
}

TEST_CASE("only what may be over in a moment is asked again") {
  for (const int status : {429, 500, 502, 503, 504}) CHECK(is_passing({status, "", "", ""}));
  for (const int status : {301, 400, 403, 404, 501}) CHECK_FALSE(is_passing({status, "", "", ""}));
}

}  // namespace
}  // namespace holdfast::index::test
