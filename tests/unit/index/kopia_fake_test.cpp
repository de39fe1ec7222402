// The backend against programs that behave as kopia should not.
#include <signal.h>
#include <catch2/catch.hpp>

#include <thread>

#include "holdfast/index/backends.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/index/index_bench.hpp"

namespace holdfast::index::test {
namespace {

constexpr const char* kSecret = "hunter2-hunter2";

struct Fixture {
  Fixture() {
    folder.write("repository/kopia.repository.f", R"({"uniqueID":"U4UM8IOPsI4tF1nZbDTe9likIFoXDbxTby0d8nha0kU="})");
    folder.write("repository/x/n0_/one.f");
    folder.write("listing", listing_text(2));
  }

  /// A program that connects, and then reads the index blobs and lists as `script` does.
  void kopia(const std::string& script, const std::string& connect = "exit 0") {
    kopia_that("reads\n" + script, connect);
  }
  /// In `script` is `reads` what leaves the traces of a reader that begins without any, and `stands NAME` what puts the
  /// folder NAME in the place of a repository that grew, in one step: there is no moment without one.
  void kopia_that(const std::string& script, const std::string& connect = "exit 0") {
    folder.write_program("kopia", "case $1 in repository) " + connect + ";; esac\ncd " + folder.path().string() + R"(
LISTING=$PWD/listing
OPENED=$PWD/cache/holdfast-0/cache/indexes
reads() {
  test ! -e $OPENED || exit 9
  /bin/mkdir -p $OPENED
  for blob in repository/x/*/*.f; do
    blob=${blob#repository/x/}; blob=${blob%.f}
    : >$OPENED/x${blob%%/*}${blob#*/}.sndx
  done
}
stands() { /bin/ln -s $1 next-repository; /bin/mv -T next-repository repository; }
)" + script);
  }

  std::unique_ptr<Index> index(std::chrono::milliseconds timeout = 10s) {
    KopiaFsOptions options;
    options.path = folder / "repository";
    options.password = kSecret;
    options.kopia_binary = folder / "kopia";
    options.cache_dir = folder / "cache";
    options.timeout = timeout;
    return make_kopia_fs_index(options, log, metrics);
  }

  std::string reason() { return reason_of(ask(*index())); }

  Folder folder;
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
};

TEST_CASE("a listing counts with exit code 0, a whole array and a silent stderr") {
  Fixture test;
  test.kopia("/bin/cat $LISTING");
  CHECK(proven(*test.index()) == 2);
}

TEST_CASE("the notice of too many index blobs is no reason to wait") {
  Fixture test;
  test.kopia(R"(/bin/cat $LISTING
echo "Found too many index blobs (1202), this may result in degraded performance.

Please ensure periodic repository maintenance is enabled or run 'kopia maintenance'." >&2)");
  CHECK(proven(*test.index()) == 2);
}

TEST_CASE("one line on stderr spoils a listing, because kopia leaves out what it cannot read") {
  Fixture test;
  test.kopia("/bin/cat $LISTING; echo 'unable to parse snapshot manifest' >&2");
  CHECK(test.reason() == "kopia: the listing may be incomplete, it said: unable to parse snapshot manifest");
}

TEST_CASE("a whole array does not count when the exit code says no") {
  Fixture test;
  test.kopia("/bin/cat $LISTING; echo 'it broke' >&2; exit 3");
  CHECK(test.reason() == "kopia: exit code 3: it broke");
}

TEST_CASE("garbage, half an array, two arrays and nothing are broken listings") {
  const char* script = GENERATE("echo garbage", "/usr/bin/head -c 300 $LISTING", "/bin/cat $LISTING $LISTING", "true",
                                "echo null", "exec /bin/cat /dev/zero", "echo '[{}]'");
  Fixture test;
  test.kopia(script);
  CAPTURE(script);
  CHECK_THAT(test.reason(), Catch::StartsWith("kopia: its listing is broken: "));
}

TEST_CASE("a program that dies by a signal is no listing") {
  Fixture test;
  test.kopia("/bin/cat $LISTING; kill -SEGV $$");
  CHECK_THAT(test.reason(), Catch::StartsWith("kopia: signal 11"));
}

TEST_CASE("a listing that hangs is Refreshing until it is killed, and then the next one may count") {
  Fixture test;
  test.kopia("/usr/bin/head -c 300 $LISTING; echo $$ >" + test.folder / "pid" + "; exec /bin/sleep 1000");
  const auto index = test.index(300ms);
  const core::Evidence evidence = ask(*index, 250ms);
  REQUIRE(std::holds_alternative<core::Unknown>(evidence.state));
  const core::Evidence late =
      ask_until(*index, [](const auto& one) { return reason_of(one) == "kopia: no result in time"; });
  CHECK(reason_of(late) == "kopia: no result in time");
  int pid = 0;
  std::ifstream(test.folder / "pid") >> pid;
  CHECK(kill(pid, 0) == -1);
  CHECK_THAT(test.metrics.text(), Catch::Contains("holdfast_index_refresh_total{result=\"timeout\"}"));
  test.kopia("/bin/cat $LISTING");
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("a repository that cannot be connected to is Unavailable with kopia's words") {
  Fixture test;
  test.kopia("/bin/cat $LISTING", "echo 'first line'; echo 'unable to open repository: EIO' >&2; exit 1");
  CHECK(test.reason() == "kopia: exit code 1: unable to open repository: EIO");
}

TEST_CASE("a missing program is Unavailable and named") {
  Fixture test;
  CHECK_THAT(test.reason(), Catch::Contains(test.folder / "kopia") && Catch::Contains("No such file"));
}

TEST_CASE("the password is never in arguments, and never in a message") {
  Fixture test;
  test.kopia("echo \"$@\" >>" + test.folder / "arguments" + "; echo \"bad password $KOPIA_PASSWORD\" >&2; exit 1");
  CHECK(test.reason() == "kopia: exit code 1: bad password ***");
  const std::string arguments = test.folder.read("arguments");
  CHECK_THAT(arguments, Catch::Contains("snapshot list --all --json --no-retention"));
  CHECK_THAT(arguments, !Catch::Contains(kSecret));
}

TEST_CASE("kopia gets its own environment and nothing of ours") {
  Fixture test;
  setenv("KOPIA_CONFIG_PATH", "/elsewhere", 1);
  test.kopia("/usr/bin/env >" + test.folder / "environment" + "; /bin/cat $LISTING");
  CHECK(proven(*test.index()) == 2);
  unsetenv("KOPIA_CONFIG_PATH");
  const std::string environment = test.folder.read("environment");
  CHECK_THAT(environment, !Catch::Contains("/elsewhere") && !Catch::Contains("HOLDFAST"));
  CHECK_THAT(environment, Catch::Contains("KOPIA_CHECK_FOR_UPDATES=false"));
  CHECK_THAT(environment, Catch::Contains("HOME=" + test.folder / "cache/holdfast-0"));
}

TEST_CASE("lists that kopia believes by the clock are gone before every listing") {
  Fixture test;
  test.kopia("CACHE=" + test.folder / "cache/holdfast-0/cache" +
                 "; test ! -e $CACHE/blob-list -a ! -e $CACHE/own-writes || exit 9"
                 "; /bin/mkdir -p $CACHE/blob-list $CACHE/own-writes; /bin/cat $LISTING",
             // Connected once: each connection takes the whole cache away, which is not what is meant here.
             "echo >" + test.folder / "cache/holdfast-0/kopia.config; exit 0");
  const auto index = test.index();
  CHECK(proven(*index) == 2);
  test.folder.write("repository/x/n0_/two.f");
  CHECK(proven(*index) == 2);
}

TEST_CASE("it connects once, and again when the format changed or the configuration is gone") {
  Fixture test;
  const std::string counted = test.folder / "connects";
  test.kopia("/bin/cat $LISTING",
             "echo x >>" + counted + "; echo >" + test.folder / "cache/holdfast-0/kopia.config; exit 0");
  const auto index = test.index();
  const auto connects = [&] { return std::filesystem::file_size(counted) / 2; };
  CHECK(proven(*index) == 2);
  test.folder.write("repository/x/n0_/two.f");
  CHECK(proven(*index) == 2);
  CHECK(connects() == 1);
  test.folder.write("repository/kopia.blobcfg.f", "changed");
  CHECK(proven(*index) == 2);
  CHECK(connects() == 2);
  std::filesystem::remove(test.folder / "cache/holdfast-0/kopia.config");
  test.folder.write("repository/x/n0_/three.f");
  CHECK(proven(*index) == 2);
  CHECK(connects() == 3);
}

TEST_CASE("a repository that changes its format while it is listed is not proven by that listing") {
  Fixture test;
  test.kopia("echo changed >>" + test.folder / "repository/kopia.blobcfg.f; /bin/cat $LISTING");
  CHECK_THAT(test.reason(), Catch::Contains("changed its format, or became another repository"));
}

/// A repository of two index blobs, `newer` by name, and as `older` a copy from before the second.
void grow(const Fixture& test) {
  std::filesystem::copy(test.folder / "repository", test.folder / "older", std::filesystem::copy_options::recursive);
  test.folder.write("repository/x/n0_/two.f");
  std::filesystem::rename(test.folder / "repository", test.folder / "newer");
  std::filesystem::create_directory_symlink("newer", test.folder / "repository");
}

TEST_CASE("an older copy that stands there only while kopia lists is not believed") {
  Fixture test;
  grow(test);
  test.kopia_that("stands older; reads; /bin/cat $LISTING; stands newer");
  const auto index = test.index();
  CHECK_THAT(reason_of(ask(*index)), Catch::Contains("without 1 of the 2 index blobs that were there before"));
  test.kopia("/bin/cat $LISTING");
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("an older copy that takes the place of what kopia has just listed is noticed before anybody is answered") {
  Fixture test;
  grow(test);
  test.kopia("/bin/cat $LISTING; stands older");
  CHECK_THAT(test.reason(), Catch::Contains("lost 1 of its 2 index blobs while it was read"));
}

TEST_CASE("a backup that is finished while kopia lists makes nobody wait") {
  Fixture test;
  test.kopia("/bin/cat $LISTING; : >repository/x/n0_/two.f");
  CHECK(proven(*test.index()) == 2);
}

TEST_CASE("what kopia lists beyond what was there before is not believed when that alone is there again") {
  Fixture test;
  test.kopia_that(": >repository/x/n0_/two.f; reads; /bin/cat $LISTING; /bin/rm repository/x/n0_/two.f");
  const auto index = test.index();
  CHECK(proven(*index) == 2);
  test.folder.write("listing", listing_text(1));
  test.kopia("/bin/cat $LISTING");
  CHECK(proven(*index) == 1);
}

TEST_CASE("a kopia whose cache does not tell what it read proves nothing") {
  Fixture test;
  test.kopia_that("/bin/cat $LISTING");
  CHECK_THAT(test.reason(), Catch::Contains("or its cache does not tell which"));
}

TEST_CASE("a repository without any index blob is not empty: it is being copied") {
  Fixture test;
  std::filesystem::remove(test.folder / "repository/x/n0_/one.f");
  test.kopia("echo []");
  const auto index = test.index();
  const core::Evidence evidence = ask(*index);
  CHECK(reason_of(evidence).find("is it still being copied?") != std::string::npos);
  CHECK(evidence.repository == std::nullopt);
  test.folder.write("repository/x/n0_/one.f");
  test.kopia("/bin/cat $LISTING");
  CHECK(proven(*index) == 2);
}

TEST_CASE("an index that goes away during a listing takes kopia with it") {
  Fixture test;
  test.kopia("echo $$ >" + test.folder / "pid" + "; exec /bin/sleep 1000");
  auto index = test.index();
  int pid = 0;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (pid == 0 && std::chrono::steady_clock::now() < patience) std::ifstream(test.folder / "pid") >> pid;
  REQUIRE(pid != 0);
  index.reset();
  CHECK(kill(pid, 0) == -1);
}

}  // namespace
}  // namespace holdfast::index::test
