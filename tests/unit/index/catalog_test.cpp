#include "holdfast/index/backends.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include "src/index/proof/catalog.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/index/index_bench.hpp"

namespace holdfast::index::test {
namespace {

struct Fixture {
  Folder folder;
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};

  std::unique_ptr<Index> index(const std::string& file = "catalog.json") {
    return make_catalog_index({folder / file, 5s}, log, metrics);
  }
};

TEST_CASE("a catalog file is proven as it lies there") {
  Fixture test;
  const std::string file = test.folder.write("catalog.json", listing_text(3));
  const auto index = test.index();
  const core::Evidence evidence = ask(*index);
  REQUIRE(catalog_of(evidence));
  CHECK(catalog_of(evidence)->snapshots() == 3);
  CHECK(evidence.place == file);
  CHECK_FALSE(evidence.repository);
  CHECK(index->backend() == "catalog");
}

TEST_CASE("a catalog file is listed once for many questions") {
  Fixture test;
  test.folder.write("catalog.json", listing_text(3));
  const auto index = test.index();
  const auto first = catalog_of(ask(*index));
  CHECK(first);
  CHECK(catalog_of(ask(*index)) == first);
}

TEST_CASE("every rewrite in place is seen, however fast, even with the same size and time") {
  Fixture test;
  const std::string file = test.folder.write("catalog.json", listing_text(1));
  struct stat before {};
  stat(file.c_str(), &before);
  const auto index = test.index();
  for (int i = 0; i < 30; ++i) {
    std::string text = listing_text(1);
    text.replace(text.find("app-backup"), 4, fmt::format("ap{:02}", i));
    test.folder.write("catalog.json", text);
    const timespec times[] = {before.st_mtim, before.st_mtim};
    utimensat(AT_FDCWD, file.c_str(), times, 0);
    // The prover's own look may have met the file half written: then it does not know, but never believes the old one.
    const auto catalog = catalog_of(ask_until_current(*index));
    REQUIRE(catalog);
    CHECK(catalog->newest({fmt::format("ap{:02}backup", i), "media", "/data"}));
  }
}

TEST_CASE("a file renamed over the catalog is seen") {
  Fixture test;
  test.folder.write("catalog.json", listing_text(1));
  const auto index = test.index();
  CHECK(proven(*index) == 1);
  std::filesystem::rename(test.folder.write("next", listing_text(2)), test.folder / "catalog.json");
  CHECK(proven(*index) == 2);
}

TEST_CASE("a catalog that is gone is Unavailable, and current again once it is back") {
  Fixture test;
  test.folder.write("catalog.json", listing_text(1));
  const auto index = test.index();
  CHECK(proven(*index) == 1);
  std::filesystem::remove(test.folder / "catalog.json");
  CHECK(reason_of(ask(*index)) == test.folder / "catalog.json: No such file or directory");
  CHECK_FALSE(index->status().current);
  test.folder.write("catalog.json", listing_text(2));
  const auto catalog = catalog_of(ask_until_current(*index));
  REQUIRE(catalog);
  CHECK(catalog->snapshots() == 2);
}

TEST_CASE("a broken catalog is Unavailable and the message names the file") {
  const std::string good = listing_text(2);
  const auto text = GENERATE_COPY(std::string(), std::string("{}"), good.substr(0, good.size() - 1), good + "x",
                                  std::string("[{}]"), std::string("null"));
  Fixture test;
  test.folder.write("catalog.json", text);
  const auto index = test.index();
  const core::Evidence evidence = ask(*index);
  CHECK_THAT(reason_of(evidence), Catch::StartsWith(test.folder / "catalog.json: "));
}

TEST_CASE("a catalog repaired after it was broken is current within seconds") {
  Fixture test;
  test.folder.write("catalog.json", "[");
  const auto index = test.index();
  CHECK(proven(*index) == -1);
  test.folder.write("catalog.json", listing_text(1));
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("a file that is rewritten between the look at it and the reading is not proven by that reading") {
  Fixture test;
  CatalogFile file(test.folder.write("catalog.json", listing_text(1)));
  const Fingerprint before = std::get<Fingerprint>(file.probe());
  const auto list = [&] { return file.list(before, std::chrono::steady_clock::now() + 10s, false); };
  CHECK(std::holds_alternative<Reading>(list()));
  test.folder.write("catalog.json", listing_text(2));
  CHECK(std::get<Failure>(list()).reason == test.folder / "catalog.json: changed while it was read");
}

TEST_CASE("reading a catalog ends at its deadline and when it is cancelled") {
  Fixture test;
  CatalogFile file(test.folder.write("catalog.json", listing_text(1)));
  const Fingerprint before = std::get<Fingerprint>(file.probe());
  const auto now = std::chrono::steady_clock::now();
  const Failure late = std::get<Failure>(file.list(before, now, false));
  CHECK(late.timed_out);
  CHECK_THAT(late.reason, Catch::Contains(fmt::format(": 0 of {} bytes were read in ", listing_text(1).size())) &&
                              Catch::Contains("the next try has twice as long"));
  CHECK(std::get<Failure>(file.list(before, now + 1h, true)).timed_out);
}

TEST_CASE("a folder or a FIFO in the catalog's place is Unavailable, and nothing hangs") {
  Fixture test;
  mkfifo((test.folder / "fifo").c_str(), 0600);
  CHECK_THAT(reason_of(ask(*test.index("fifo"))), Catch::EndsWith("not a regular file"));
  CHECK_THAT(reason_of(ask(*test.index("."))), Catch::EndsWith("not a regular file"));
}

TEST_CASE("an empty catalog proves that there is no backup") {
  Fixture test;
  test.folder.write("catalog.json", "[\n]");
  CHECK(proven(*test.index()) == 0);
}

TEST_CASE("health shows what was read") {
  Fixture test;
  test.folder.write("catalog.json", listing_text(3));
  const auto index = test.index();
  ask(*index);
  const Status status = index->status();
  CHECK(status.loaded);
  CHECK(status.current);
  CHECK(status.snapshots == 3);
  CHECK(status.identities == 1);
  CHECK(status.last_success);
  CHECK(test.metrics.text().find("holdfast_index_snapshots 3") != std::string::npos);
}

}  // namespace
}  // namespace holdfast::index::test
