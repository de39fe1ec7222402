#include "src/index/s3/bucket.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/folder.hpp"

namespace holdfast::index::test {
namespace {

using Catch::Contains;

S3Options options(const std::string& endpoint, const std::string& bucket = "backups", const std::string& prefix = "") {
  S3Options options;
  options.endpoint = endpoint;
  options.bucket = bucket;
  options.prefix = prefix;
  return options;
}

std::string host(const S3Request& request) { return request.headers.front().second; }

TEST_CASE("an endpoint is https, unless it says http") {
  const auto plain = S3Address::of(options("minio.storage:9000"));
  CHECK((plain.tls && plain.server == "minio.storage" && plain.port == 9000 && plain.endpoint == "minio.storage:9000"));
  const auto http = S3Address::of(options("http://minio.storage:9000/"));
  CHECK((!http.tls && http.port == 9000));
  const auto standard = S3Address::of(options("https://s3.example.org:443"));
  CHECK((standard.tls && standard.endpoint == "s3.example.org" && standard.host_header == "s3.example.org"));
  CHECK(S3Address::of(options("http://s3.example.org")).port == 80);
  CHECK(S3Address::of(options("http://[::1]:9000")).host_header == "[::1]:9000");
}

TEST_CASE("the bucket is a part of the path, but on Amazon's servers one of the host") {
  const auto path = S3Address::of(options("minio.storage:9000", "backups", "kopia/")).get("kopia.repository");
  CHECK(path.path == "/backups/kopia/kopia.repository");
  CHECK(host(path) == "minio.storage:9000");
  const auto amazon = S3Address::of(options("s3.eu-west-1.amazonaws.com", "backups", "kopia/"));
  CHECK(amazon.get("kopia.repository").path == "/kopia/kopia.repository");
  CHECK(host(amazon.get("kopia.repository")) == "backups.s3.eu-west-1.amazonaws.com");
  CHECK(amazon.server == "backups.s3.eu-west-1.amazonaws.com");
  CHECK(amazon.endpoint == "s3.eu-west-1.amazonaws.com");
}

TEST_CASE("pathStyle decides where it is given") {
  S3Options wanted = options("minio.storage", "backups");
  wanted.path_style = false;
  CHECK(host(S3Address::of(wanted).list("x", "")) == "backups.minio.storage");
  wanted.endpoint = "s3.amazonaws.com";
  wanted.path_style = true;
  CHECK(host(S3Address::of(wanted).list("x", "")) == "s3.amazonaws.com");
  CHECK(S3Address::of(wanted).list("x", "").path == "/backups/");
}

TEST_CASE("a bucket whose name no certificate covers is asked for by path") {
  CHECK(S3Address::of(options("s3.amazonaws.com", "my.backups")).server == "s3.amazonaws.com");
  S3Options wanted = options("s3.amazonaws.com", "my.backups");
  wanted.path_style = false;
  CHECK_THROWS_WITH(S3Address::of(wanted), Contains("index.s3.pathStyle"));
}

TEST_CASE("a list asks for the names with the prefix, letter for letter") {
  const auto address = S3Address::of(options("minio.storage", "backups", "a b"));
  CHECK(canonical_target(address.list("x", "")) ==
        "/backups/?delimiter=%2F&encoding-type=url&list-type=2&prefix=a%20bx");
  CHECK_THAT(canonical_target(address.list("n", "1+/=")), Contains("continuation-token=1%2B%2F%3D"));
  CHECK(address.get("kopia.repository").path == "/backups/a bkopia.repository");
  CHECK(address.place() == "s3://backups/a b");
}

TEST_CASE("a setting that cannot be used is named") {
  CHECK_THROWS_WITH(S3Address::of(options("")), Contains("index.s3.endpoint"));
  CHECK_THROWS_WITH(S3Address::of(options("ftp://x")), Contains("index.s3.endpoint"));
  CHECK_THROWS_WITH(S3Address::of(options("https://host/path")), Contains("index.s3.endpoint"));
  CHECK_THROWS_WITH(S3Address::of(options("https://user:hunter2@host")),
                    Contains("index.s3.endpoint") && !Contains("hunter2"));
  for (const char* bucket : {"", "ab", "a/b", "../x", "a b", "a..b"}) {
    CAPTURE(bucket);
    CHECK_THROWS_WITH(S3Address::of(options("host", bucket)), Contains("index.s3.bucket"));
  }
  CHECK_THROWS_WITH(S3Address::of(options("host", "backups", "/kopia")), Contains("index.s3.prefix"));
  CHECK_THROWS_WITH(S3Address::of(options("host", "backups", "a\nb")), Contains("index.s3.prefix"));
  CHECK_THROWS_WITH(S3Address::of(options("host", "backups", std::string(513, 'a'))), Contains("index.s3.prefix"));
  S3Options wanted = options("host");
  wanted.region = "eu west";
  CHECK_THROWS_WITH(S3Address::of(wanted), Contains("index.s3.region"));
}

TEST_CASE("keys come from their files, without the newline at the end, and at each use") {
  const Folder folder;
  S3Options options;
  options.access_key = "not this one";
  options.access_key_file = folder.write("access", "AKIA\n");
  options.secret_key_file = folder.write("secret", "first\r\n");
  options.session_token_file = folder.write("token", "tok/en==");
  CHECK(read_s3_keys(options) == S3Credentials{"AKIA", "first", "tok/en=="});
  folder.write("secret", "second");
  CHECK(read_s3_keys(options).secret_key == "second");
}

TEST_CASE("keys come from the environment where there is no file, and the token may be missing") {
  S3Options options;
  options.access_key = "AKIA";
  options.secret_key = "secret";
  CHECK(read_s3_keys(options) == S3Credentials{"AKIA", "secret", ""});
}

TEST_CASE("a key that is missing, empty or none is told by its setting and never shown") {
  const Folder folder;
  S3Options options;
  CHECK_THROWS_WITH(read_s3_keys(options), Contains("set index.s3.accessKeyFile or AWS_ACCESS_KEY_ID"));
  options.access_key = "AKIA";
  options.secret_key_file = folder / "missing";
  CHECK_THROWS_WITH(read_s3_keys(options),
                    "index.s3.secretKeyFile: " + folder / "missing" + ": No such file or directory");
  options.secret_key_file = folder.write("empty", "\n");
  CHECK_THROWS_WITH(read_s3_keys(options), Contains("index.s3.secretKeyFile " + folder / "empty" + ": is empty"));
  options.secret_key_file = folder.write("broken", "hunter2\nhunter3");
  CHECK_THROWS_WITH(read_s3_keys(options), Contains("characters that no key has") && !Contains("hunter"));
  options.secret_key_file = folder.write("long", std::string(20'000, 'x'));
  CHECK_THROWS_WITH(read_s3_keys(options), Contains("index.s3.secretKeyFile"));
  options.secret_key_file = folder.write("secret", "hunter2");
  options.session_token_file = folder.write("token", "");
  CHECK_THROWS_WITH(read_s3_keys(options), Contains("index.s3.sessionTokenFile"));
}

}  // namespace
}  // namespace holdfast::index::test
