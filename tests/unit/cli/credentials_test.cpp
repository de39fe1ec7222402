// What copies of the repository's Secret are made from, and which settings go together with it.
#include <catch2/catch.hpp>

#include "src/cli/make_index.hpp"
#include "tests/unit/cli/load.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

const std::string kS3 =
    "index: {backend: kopia-s3, s3: {endpoint: s3.example.org, bucket: b}}\n"
    "generator: {secret: {mode: copy}, repository: {kind: s3, endpoint: s3.example.org, bucket: b}}\n";

}  // namespace

TEST_CASE("the password for movers is read from its file each time, and without the end of its line") {
  TempFile password("first\n");
  const cli::Settings settings = load({}, {{"KOPIA_PASSWORD", "not this"}, {"KOPIA_PASSWORD_FILE", password.path()}});
  CHECK(cli::read_credentials(settings).password == "first");
  std::ofstream(password.path()) << "second";
  const volsync::Credentials credentials = cli::read_credentials(settings);
  CHECK(credentials.password == "second");
  CHECK(credentials.access_key.empty());
}

TEST_CASE("a password that cannot be read is told by its setting") {
  CHECK_THROWS_WITH(cli::read_credentials(load({}, {{"KOPIA_PASSWORD_FILE", "/none"}})),
                    Contains("index.passwordFile") && Contains("/none"));
  CHECK_THROWS_WITH(cli::read_credentials(load({})), Contains("password is empty (KOPIA_PASSWORD)"));
}

TEST_CASE("movers of a bucket get the keys that holdfast has") {
  const TempFile file(kS3);
  Variables variables = {{"KOPIA_PASSWORD", "p"}, {"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  volsync::Credentials credentials = cli::read_credentials(load({}, variables, file.path()));
  CHECK(credentials.access_key == "a");
  CHECK(credentials.secret_key == "s");
  CHECK(credentials.session_token.empty());
  variables["AWS_SESSION_TOKEN"] = "t";
  CHECK(cli::read_credentials(load({}, variables, file.path())).session_token == "t");
  variables.erase("AWS_SECRET_ACCESS_KEY");
  CHECK_THROWS_WITH(cli::read_credentials(load({}, variables, file.path())), Contains("AWS_SECRET_ACCESS_KEY"));
}

TEST_CASE("movers of a bucket may have keys of their own, and holdfast's stay ones that only read") {
  const TempFile access("theirs\n"), secret("write");
  const auto with = [&](const std::string& access_file) {
    const TempFile file(
        "index: {backend: kopia-s3, s3: {endpoint: e, bucket: b}}\n"
        "generator:\n  repository: {kind: s3, endpoint: e, bucket: b}\n"
        "  secret: {mode: copy, accessKeyFile: " +
        access_file + ", secretKeyFile: " + secret.path() + "}\n");
    const Variables own = {{"KOPIA_PASSWORD", "p"},
                           {"AWS_ACCESS_KEY_ID", "a"},
                           {"AWS_SECRET_ACCESS_KEY", "s"},
                           {"AWS_SESSION_TOKEN", "t"}};
    return cli::read_credentials(load({}, own, file.path()));
  };
  const volsync::Credentials credentials = with(access.path());
  CHECK(credentials.access_key == "theirs");
  CHECK(credentials.secret_key == "write");
  CHECK(credentials.session_token.empty());
  CHECK_THROWS_WITH(with("/none"),
                    Catch::StartsWith("generator.secret.accessKeyFile and secretKeyFile: ") && Contains("/none"));
  const TempFile half("generator: {secret: {accessKeyFile: /a}}\n");
  CHECK_THROWS_WITH(load({}, {}, half.path()), Contains("one without the other"));
}

TEST_CASE("what holdfast does not have itself it cannot copy") {
  const auto takes = [](const std::string& yaml) {
    const TempFile file(yaml);
    return load({}, {}, file.path()).generator.secret.copies();
  };
  CHECK(takes(kS3));
  CHECK_THROWS_WITH(takes("index: {backend: catalog, catalogFile: f}\ngenerator: {secret: {mode: copy}}\n"),
                    Contains("needs index.backend kopia-fs|kopia-s3"));
  CHECK_THROWS_WITH(takes("index: {backend: kopia-fs, path: /r}\ngenerator: {secret: {mode: copy}}\n"),
                    Contains("needs generator.repository.kind nfs|s3|pvc"));
  CHECK_THROWS_WITH(takes("index: {backend: kopia-fs, path: /r}\n"
                          "generator: {secret: {mode: copy}, repository: {kind: s3, endpoint: e, bucket: b}}\n"),
                    Contains("needs index.backend kopia-s3"));
}
