// The backend against a bucket that behaves as the test says, and a program in the place of kopia.
#include "holdfast/index/backends.hpp"

#include <catch2/catch.hpp>

#include <atomic>

#include "tests/unit/folder.hpp"
#include "tests/unit/index/fake_s3.hpp"
#include "tests/unit/index/index_bench.hpp"

namespace holdfast::index::test {
namespace {

using Catch::Contains;

constexpr const char* kFormat = R"({"uniqueID":"U4UM8IOPsI4tF1nZbDTe9likIFoXDbxTby0d8nha0kU="})";
constexpr const char* kOtherFormat = R"({"uniqueID":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})";
constexpr const char* kSecret = "hunter2-hunter2";

struct Fixture {
  explicit Fixture(std::size_t page = 1000) : s3(page) {
    s3.put("kopia/kopia.repository", kFormat);
    put("kopia/xn0_one");
    folder.write("listing", listing_text(2));
    kopia("/bin/cat $LISTING");
  }

  /// An index blob that the bucket has and kopia reads, if it is none of the old format.
  void put(const std::string& key) {
    s3.put(key);
    const std::string name = key.substr(key.rfind('/') + 1);
    if (name.starts_with('x')) folder.write("found/" + name + ".sndx");
  }

  /// A program that connects, and then reads the index blobs and lists as `script` does, keeping its words and
  /// environment.
  void kopia(const std::string& script) {
    folder.write_program(
        "kopia", "echo \"$@\" >>" + folder / "arguments" + "\n/usr/bin/env >>" + folder / "environment" +
                     "\ncase $1 in repository) echo x >>" + folder / "connects" + "; echo >" +
                     folder / "cache/holdfast-0/kopia.config" + "; exit 0;; esac\nLISTING=" + folder / "listing" +
                     "\nCACHE=" + folder / "cache/holdfast-0/cache" + "\n/bin/mkdir -p $CACHE; /bin/cp -r " +
                     folder / "found" + " $CACHE/indexes\n" + script);
  }

  KopiaS3Options options() const {
    KopiaS3Options options;
    options.s3.endpoint = s3.endpoint();
    options.s3.bucket = "bucket";
    options.s3.prefix = "kopia/";
    options.s3.access_key = "AKIA";
    options.s3.secret_key = kSecret;
    options.password = "password of the repository";
    options.kopia_binary = folder / "kopia";
    options.cache_dir = folder / "cache";
    return options;
  }
  std::unique_ptr<Index> index(const KopiaS3Options& options) { return make_kopia_s3_index(options, log, metrics); }
  std::unique_ptr<Index> index() { return index(options()); }

  std::string reason() { return reason_of(ask(*index())); }
  std::string reason(const FakeS3::Script& script) {
    s3.set_script(script);
    return reason();
  }
  std::size_t connects() const { return folder.read("connects").size() / 2; }

  Folder folder;
  FakeS3 s3;
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
};

bool is_list(const net::Request& request) { return !net::query_value(request.query, "list-type").empty(); }

TEST_CASE("a bucket whose names do not change is current without another listing") {
  Fixture test;
  const auto index = test.index();
  CHECK(index->backend() == "kopia-s3");
  const core::Evidence evidence = ask(*index);
  CHECK(evidence.place == "s3://bucket/kopia/");
  CHECK(evidence.repository == core::RepositoryId::parse("U4UM8IOPsI4tF1nZbDTe9likIFoXDbxTby0d8nha0kU="));
  REQUIRE(catalog_of(evidence));
  test.kopia("exit 1");
  CHECK(proven(*index) == 2);
}

TEST_CASE("every kind of index blob is noticed, and other objects are not") {
  const std::string name = GENERATE("kopia/xn1_two", "kopia/xs0_three", "kopia/n0123", "kopia/m0123");
  Fixture test;
  const auto index = test.index();
  CHECK(proven(*index) == 2);
  test.folder.write("listing", listing_text(3));
  test.s3.put("kopia/p0123");
  test.s3.put("elsewhere/xn9_nine");
  CHECK(proven(*index) == 2);
  test.put(name);
  CHECK(proven(*index) == 3);
}

TEST_CASE("a change of format is noticed although no index blob is new") {
  Fixture test;
  const auto index = test.index();
  CHECK(proven(*index) == 2);
  test.folder.write("listing", listing_text(3));
  test.s3.put("kopia/kopia.blobcfg", "{}");
  CHECK(proven(*index) == 3);
  CHECK(test.connects() == 2);
}

TEST_CASE("a repository of many pages is read to its end, and a new name on the last page is noticed") {
  Fixture test(3);
  for (int i = 0; i < 20; ++i) test.put("kopia/xn0_" + std::to_string(100 + i));
  const auto index = test.index();
  CHECK(proven(*index) == 2);
  CHECK(index->status().blobs == 21);
  test.folder.write("listing", listing_text(3));
  test.put("kopia/xn9_last");
  CHECK(proven(*index) == 3);
  CHECK(index->status().blobs == 22);
}

TEST_CASE("a list that goes round in circles ends, and is no list") {
  Fixture test;
  const auto script = [turn = 0](const net::Request& request) mutable -> std::optional<net::Response> {
    if (!is_list(request)) return std::nullopt;
    return FakeS3::truncated(++turn % 2 == 0 ? "there" : "here");
  };
  CHECK(test.reason(script) == "s3://bucket/kopia/: the list of objects does not end");
}

TEST_CASE("a page that breaks off is no list") {
  Fixture test;
  const auto script = [](const net::Request& request) -> std::optional<net::Response> {
    if (!is_list(request)) return std::nullopt;
    return net::Response{
        .status = 200, .content_type = "application/xml", .body = "<ListBucketResult><IsTruncated>fal"};
  };
  CHECK_THAT(test.reason(script), Contains("the list of objects cannot be read"));
}

TEST_CASE("a server that is slow for a moment is asked again, and nobody notices") {
  Fixture test;
  const int status = GENERATE(500, 503);
  std::atomic<int> refused = 0;
  test.s3.set_script([&](const net::Request& request) -> std::optional<net::Response> {
    if (!is_list(request) || refused == 2) return std::nullopt;
    ++refused;
    return FakeS3::error(status, status == 503 ? "SlowDown" : "InternalError");
  });
  CHECK(proven(*test.index()) == 2);
  CHECK(refused == 2);
}

/// How often a probe asks for the format, when it is always refused so; there are two probes, at the start and for us.
struct Refused {
  std::string reason;
  int asked = 0;
};

Refused refused(int status, const std::string& code) {
  std::atomic<int> asked = 0;
  Fixture test;
  std::string reason = test.reason([&](const net::Request& request) {
    if (request.path.ends_with("kopia.repository")) ++asked;
    return FakeS3::error(status, code);
  });
  return {std::move(reason), asked};
}

TEST_CASE("a server that stays slow is asked a few times and then named") {
  const Refused slow = refused(503, "SlowDown");
  CHECK_THAT(slow.reason, Contains("127.0.0.1:") && Contains("cannot answer now (503 SlowDown)"));
  CHECK((slow.asked >= 4 && slow.asked <= 8));
}

TEST_CASE("what a repetition does not help is not repeated") {
  const Refused denied = refused(403, "AccessDenied");
  CHECK_THAT(denied.reason, Contains("403 AccessDenied"));
  CHECK(denied.asked <= 2);
}

TEST_CASE("a repository that is not there is not taken for an empty one") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.prefix = "kopia";
  CHECK(reason_of(ask(*test.index(options))) ==
        "s3://bucket/kopia holds no kopia repository (the object kopiakopia.repository is missing); a wrong "
        "index.s3.prefix looks the same, and one that is a folder ends with a slash");
}

TEST_CASE("the words for whoever creates PVCs name neither server nor bucket nor prefix") {
  Fixture test;
  const auto discreet = [](Index& index) { return std::get<core::Unknown>(ask(index).state).discreet; };
  test.s3.set_script([](const net::Request&) { return FakeS3::error(403, "AccessDenied"); });
  const std::string denied = discreet(*test.index());
  CHECK_THAT(denied, Contains("the server") && Contains("403 AccessDenied") && !Contains("127.0.0.1"));
  test.s3.set_script({});
  KopiaS3Options options = test.options();
  options.s3.bucket = "tank-backups";
  options.s3.prefix = "elsewhere";
  const std::string missing = discreet(*test.index(options));
  CHECK_THAT(missing, !Contains("tank-backups") && !Contains("elsewhere"));
}

TEST_CASE("a bucket with a repository's format and no index blob is not empty: it is being copied") {
  Fixture test;
  test.kopia("echo []");
  auto elsewhere = test.options();
  elsewhere.s3.prefix = "copy/";
  test.s3.put("copy/kopia.repository", kFormat);
  test.s3.put("copy/p0123");
  const auto index = test.index(elsewhere);
  CHECK(reason_of(ask(*index)).find("s3://bucket/copy/ holds a repository's format but none") != std::string::npos);
  test.put("copy/xn0_one");
  test.kopia("/bin/cat $LISTING");
  CHECK(proven(*index) == 2);
}

TEST_CASE("a missing bucket, and a 404 that says nothing, are not a missing object") {
  Fixture test;
  CHECK_THAT(test.reason([](const net::Request&) { return FakeS3::error(404, "NoSuchBucket"); }),
             Contains("has no bucket bucket"));
  CHECK_THAT(test.reason([](const net::Request&) { return net::Response{.status = 404}; }), Contains("(404)"));
}

TEST_CASE("a redirection is not followed but told") {
  Fixture test;
  CHECK_THAT(test.reason([](const net::Request&) { return net::Response{.status = 307}; }),
             Contains("another region or endpoint"));
}

TEST_CASE("a server that says nothing costs the time-out and no more, also at the end") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.timeout = 400ms;
  auto index = test.index(options);
  CHECK(catalog_of(ask_until_current(*index)));
  test.s3.fall_silent();
  const core::Evidence evidence = ask(*index);
  // The call's own time-out or the one around it, whichever is seen first.
  CHECK_THAT(reason_of(evidence), Contains("127.0.0.1:") || Contains("no answer from s3://bucket/kopia/"));
  test.s3.fall_silent(false);
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("the end does not wait for a server that says nothing") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.timeout = std::chrono::minutes(10);
  test.s3.fall_silent();
  auto index = test.index(options);
  std::atomic<bool> answered = false;
  index->prove(std::chrono::steady_clock::now() + std::chrono::minutes(10), [&](const auto&) { answered = true; });
  index.reset();
  CHECK(answered);
}

TEST_CASE("a server that is not there is named, and a repetition finds it") {
  std::string endpoint;
  {
    const FakeS3 gone;
    endpoint = gone.endpoint();
  }
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.endpoint = endpoint;
  CHECK_THAT(reason_of(ask(*test.index(options))), Contains(endpoint.substr(std::string("http://").size())));
}

TEST_CASE("another repository than the pinned one is never listed") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.pinned = core::RepositoryId::parse("U4UM8IOPsI4tF1nZbDTe9likIFoXDbxTby0d8nha0kU=");
  const auto index = test.index(options);
  CHECK(proven(*index) == 2);
  test.s3.put("kopia/kopia.repository", kOtherFormat);
  const core::Evidence evidence = ask(*index);
  CHECK_FALSE(catalog_of(evidence));
  CHECK((evidence.repository && evidence.repository != options.pinned));
}

TEST_CASE("a repository that becomes another while it is listed is not proven by that listing") {
  Fixture test;
  std::atomic<int> reads = 0;
  const auto script = [&](const net::Request& request) -> std::optional<net::Response> {
    if (!request.path.ends_with("kopia.repository") || ++reads == 1) return std::nullopt;
    return net::Response{.status = 200, .content_type = "text/plain", .body = kOtherFormat};
  };
  CHECK_THAT(test.reason(script), Contains("changed its format, or became another repository"));
}

TEST_CASE("an older state of the bucket that only kopia is shown is not believed") {
  Fixture test;
  test.s3.put("kopia/xn0_two");
  const auto index = test.index();
  CHECK_THAT(reason_of(ask(*index)), Contains("without 1 of the 2 index blobs that were there before"));
  test.put("kopia/xn0_two");
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("a bucket that is back in an older state once kopia has listed it is noticed before anybody is answered") {
  Fixture test;
  test.put("kopia/xn0_two");
  test.kopia("/bin/cat $LISTING; echo >" + test.folder / "listed");
  const auto script = [&](const net::Request& request) -> std::optional<net::Response> {
    if (net::query_value(request.query, "prefix") != "kopia/x") return std::nullopt;
    if (!std::filesystem::exists(test.folder / "listed")) return std::nullopt;
    return FakeS3::list_of("<Contents><Key>kopia/xn0_one</Key></Contents>", "");
  };
  CHECK_THAT(test.reason(script), Contains("lost 1 of its 2 index blobs while it was read"));
}

TEST_CASE("keys come encoded, and are compared with the names that kopia reads") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.prefix = "my kopia/";
  test.s3.put("my kopia/kopia.repository", kFormat);
  test.s3.set_script([](const net::Request& request) -> std::optional<net::Response> {
    if (net::query_value(request.query, "prefix") != "my kopia/x") return std::nullopt;
    return FakeS3::list_of("<Contents><Key>my%20kopia%2Fxn0_one</Key></Contents>", "");
  });
  CHECK(proven(*test.index(options)) == 2);
  test.s3.set_script([](const net::Request& request) -> std::optional<net::Response> {
    if (!is_list(request)) return std::nullopt;
    return FakeS3::list_of("<Contents><Key>other/xn0_one</Key></Contents>", "");
  });
  CHECK_THAT(reason_of(ask(*test.index(options))), Contains("holds what was not asked for"));
}

TEST_CASE("kopia gets the keys by the environment, and nothing secret by its arguments") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.session_token = "token-of-the-session";
  CHECK(proven(*test.index(options)) == 2);
  const std::string arguments = test.folder.read("arguments");
  CHECK_THAT(arguments, Contains("repository connect s3 --bucket=bucket --endpoint=127.0.0.1:") &&
                            Contains("--region=us-east-1 --access-key= --secret-access-key= --prefix=kopia/ "
                                     "--disable-tls --readonly"));
  CHECK_THAT(arguments, !Contains("AKIA") && !Contains(kSecret) && !Contains("token-of") && !Contains("password of"));
  const std::string environment = test.folder.read("environment");
  CHECK_THAT(environment, Contains("AWS_ACCESS_KEY_ID=AKIA\n") &&
                              Contains(std::string("AWS_SECRET_ACCESS_KEY=") + kSecret) &&
                              Contains("AWS_SESSION_TOKEN=token-of-the-session\n"));
}

TEST_CASE("no secret is in a message of kopia") {
  Fixture test;
  test.kopia("echo \"tried $AWS_SECRET_ACCESS_KEY $KOPIA_PASSWORD\" >&2; exit 1");
  CHECK(test.reason() == "kopia: exit code 1: tried *** ***");
}

TEST_CASE("keys that are missing are a pause, and new ones are used without a restart and another connection") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.secret_key_file = test.folder / "secret";
  const auto index = test.index(options);
  CHECK(reason_of(ask(*index)) == "index.s3.secretKeyFile: " + test.folder / "secret" + ": No such file or directory");
  test.folder.write("secret", "first-secret\n");
  CHECK(catalog_of(ask_until_current(*index)));
  test.folder.write("secret", "second-secret\n");
  test.put("kopia/xn0_two");
  CHECK(proven(*index) == 2);
  CHECK_THAT(test.folder.read("environment"), Contains("=first-secret\n") && Contains("=second-secret\n"));
  CHECK(test.connects() == 1);
}

TEST_CASE("a CA file that is missing or none is a pause and named, with TLS only") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.ca_file = test.folder / "ca.crt";
  CHECK(proven(*test.index(options)) == 2);
  options.s3.endpoint = "https" + options.s3.endpoint.substr(std::string("http").size());
  CHECK_THAT(reason_of(ask(*test.index(options))), Contains("index.s3.caFile: " + test.folder / "ca.crt"));
  test.folder.write("ca.crt", "no certificate");
  CHECK_THAT(reason_of(ask(*test.index(options))), Contains("index.s3.caFile"));
}

TEST_CASE("the identity is read without kopia and password") {
  Fixture test;
  const S3Options options = test.options().s3;
  CHECK(repository_id(options, 10s) == core::RepositoryId::parse("U4UM8IOPsI4tF1nZbDTe9likIFoXDbxTby0d8nha0kU="));
  test.s3.put("kopia/kopia.repository", "{}");
  CHECK_THROWS_WITH(repository_id(options, 10s), Contains("s3://bucket/kopia/kopia.repository: no uniqueID"));
}

TEST_CASE("a setting that cannot be used is told at once") {
  Fixture test;
  KopiaS3Options options = test.options();
  options.s3.bucket = "no/bucket";
  CHECK_THROWS_WITH(test.index(options), Contains("index.s3.bucket"));
}

}  // namespace
}  // namespace holdfast::index::test
