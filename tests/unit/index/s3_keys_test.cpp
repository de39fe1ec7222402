#include "src/index/s3/keys.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/index/folder.hpp"

namespace holdfast::index::test {
namespace {

using Catch::Contains;

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
