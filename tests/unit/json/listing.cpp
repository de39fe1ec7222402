#include "holdfast/json/listing.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "jsoncpp.hpp"

using namespace holdfast;
using core::Catalog;
using json::ListingLimits;
using json::read_listing;

namespace {

/// Hands out `text` in pieces of at most `chunk` bytes.
json::ByteSource source_of(std::string text, std::size_t chunk = 7) {
  return [text = std::move(text), at = std::size_t{0}, chunk](char* buffer, std::size_t size) mutable {
    const std::size_t given = text.copy(buffer, std::min(size, chunk), at);
    at += given;
    return given;
  };
}

std::string fault_of(const std::string& text, const ListingLimits& limits = {}) {
  Catalog::Builder builder;
  return read_listing(source_of(text, 4096), builder, limits).value_or("");
}

Catalog catalog_of(const std::string& text, std::size_t chunk = 7) {
  Catalog::Builder builder;
  const auto problem = read_listing(source_of(text, chunk), builder);
  if (problem) FAIL(*problem);
  return std::move(builder).build();
}

std::string file(const std::string& name) {
  std::ifstream in(std::string(TEST_DATA) + "/" + name);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string entry(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id +
         R"(","source":{"host":"apps","userName":"data-backup","path":"/data"},"startTime":"2026-11-21T09:19:21.77Z",)"
         R"("endTime":"2026-11-21T09:19:22Z","rootEntry":{"summ":{"size":8,"files":2,"numFailed":1}})" +
         more + "}";
}

const core::Identity kData{"data-backup", "apps", "/data"};

}  // namespace

TEST_CASE("what kopia prints is read: complete snapshots, and incomplete ones only counted") {
  const std::string text = file("listing_real.json");
  for (std::size_t chunk : {1, 7, 100'000}) {
    const Catalog catalog = catalog_of(text, chunk);
    CHECK(catalog.snapshots() == 3);
    CHECK(catalog.identities() == 3);
    CHECK(catalog.incomplete() == 2);
    const auto data = catalog.newest(kData);
    REQUIRE(data);
    CHECK(data->id == "f62feda22e9c0a47b8ba0e47df1854a6");
    CHECK(data->start_time == "2026-11-21T09:19:21.773788854Z");
    CHECK(data->end_time == "2026-11-21T09:19:21.77575825Z");
    CHECK(data->size_bytes == 8);
    CHECK(data->files == 2);
    CHECK(data->failed == 0);
    CHECK_FALSE(data->uid);
    const auto media = catalog.newest({"media-backup", "apps", "/data"});
    REQUIRE(media);
    CHECK(media->uid == 1000u);
    CHECK(media->gid == 2000u);
    CHECK_FALSE(catalog.newest({"big-backup", "apps", "/data"}));
  }
}

TEST_CASE("the second reader finds the same in what kopia prints") {
  const std::string text = file("listing_real.json");
  const Catalog catalog = catalog_of(text);
  std::size_t complete = 0;
  for (const auto& snapshot : test::parse(text)) {
    if (snapshot.isMember("incomplete")) continue;
    ++complete;
    const auto& source = snapshot["source"];
    const auto found =
        catalog.find({source["userName"].asString(), source["host"].asString(), source["path"].asString()},
                     snapshot["id"].asString());
    REQUIRE(found);
    CHECK(found->start_time == snapshot["startTime"].asString());
    CHECK(found->size_bytes == snapshot["rootEntry"]["summ"]["size"].asInt64());
  }
  CHECK(complete == catalog.snapshots());
}

TEST_CASE("an empty array is a listing of nothing") {
  CHECK(catalog_of("[]").snapshots() == 0);
  CHECK(catalog_of(" [\n]\n").snapshots() == 0);
}

TEST_CASE("a snapshot without a root entry or an end is not complete") {
  const std::string no_root =
      R"([{"id":"a","source":{"host":"h","userName":"u","path":"/p"},"startTime":"2026-11-21T09:19:21Z","endTime":"2026-11-21T09:19:21Z","rootEntry":null}])";
  CHECK(catalog_of(no_root).incomplete() == 1);
  CHECK(catalog_of("[" + entry("a", R"(,"incomplete":"checkpoint")") + "]").incomplete() == 1);
  CHECK(catalog_of("[" + entry("a", R"(,"incomplete":"")") + "]").snapshots() == 1);
}

TEST_CASE("numbers beyond 32 bits keep every digit, and user ids are only what they can be") {
  const auto with = [](const std::string& summ, const std::string& uid) {
    return R"([{"id":"a","source":{"host":"apps","userName":"data-backup","path":"/data"},"startTime":"2026-11-21T09:19:21Z",)"
           R"("endTime":"2026-11-21T09:19:21Z","rootEntry":{"uid":)" +
           uid + R"(,"summ":)" + summ + "}}]";
  };
  const auto snapshot = catalog_of(with(R"({"size":9007199254740993})", "4294967294")).newest(kData);
  CHECK(snapshot->size_bytes == 9007199254740993);
  CHECK_FALSE((snapshot->directories || snapshot->links));
  const auto counted = catalog_of(with(R"({"files":4,"symlinks":3,"dirs":6})", "1")).newest(kData);
  CHECK((counted->files == 4 && counted->directories == 6 && counted->links == 3));
  CHECK_FALSE(catalog_of(with(R"({"dirs":-1})", "1")).newest(kData)->directories);
  CHECK(fault_of(with(R"({"dirs":"6"})", "1")).starts_with("[0].rootEntry.summ.dirs: "));
  CHECK(snapshot->uid == 4294967294u);
  CHECK(fault_of(with("{}", "4294967296")) == "[0].rootEntry.uid: the number is out of range");
  CHECK(fault_of(with("{}", "-1")) == "[0].rootEntry.uid: expected an integer");
  CHECK(fault_of(with(R"({"size":1.5})", "1")) == "[0].rootEntry.summ.size: expected an integer");
  CHECK(fault_of(with(R"({"size":9223372036854775808})", "1")) ==
        "[0].rootEntry.summ.size: the number is out of range");
  CHECK(fault_of(with(R"({"size":"8"})", "1")) == "[0].rootEntry.summ.size: expected a number, found a string");
}

TEST_CASE("anything but one whole array of snapshots is no listing") {
  CHECK(fault_of("") == "empty: expected a JSON document");
  CHECK(fault_of("\n") == "empty: expected a JSON document");
  CHECK(fault_of("{}") == "expected an array, found an object");
  CHECK(fault_of("null") == "expected an array, found null");
  CHECK(fault_of("[null]") == "[0]: expected an object, found null");
  CHECK(fault_of("[" + entry("a") + ",5]") == "[1]: expected an object, found a number");
  CHECK_THAT(fault_of("ERROR cannot open"), Catch::StartsWith("not JSON at byte 0"));
  CHECK_THAT(fault_of("[]x"), Catch::StartsWith("not JSON at byte 2"));
  CHECK_THAT(fault_of("[][]"), Catch::StartsWith("not JSON at byte 2"));
  CHECK_THAT(fault_of(std::string("[]\0[", 4)), Catch::Contains("more after the end"));
  CHECK_THAT(fault_of("[" + entry("a") + ",]"), Catch::Contains("not JSON"));
  CHECK_THAT(fault_of("[" + entry("a") + entry("b") + "]"), Catch::Contains("not JSON"));
}

TEST_CASE("a listing that was cut off anywhere is no listing") {
  const std::string text = "[" + entry("a") + "," + entry("b") + "]";
  for (std::size_t size = 0; size < text.size(); ++size) {
    INFO(size);
    CHECK_FALSE(fault_of(text.substr(0, size)).empty());
  }
  CHECK(fault_of(text).empty());
}

TEST_CASE("a key that occurs twice spoils the listing") {
  CHECK(fault_of("[" + entry("a", R"(,"id":"b")") + "]") == "[0].id: this key occurs twice");
  CHECK(fault_of("[" + entry("a", R"(,"stats":{"x":1,"x":1})") + "]") == "[0].stats.x: this key occurs twice");
}

TEST_CASE("an entry that cannot be placed spoils the listing and is named") {
  const std::string good = entry("a");
  CHECK_THAT(fault_of("[" + good + R"(,{"id":"b"}])"), Catch::StartsWith("[1]: source:"));
  CHECK_THAT(fault_of(R"([{}])"), Catch::StartsWith("[0]: id:"));
  std::string odd = good;
  odd.replace(odd.find("2026-11-21T09:19:21"), 4, "soon");
  CHECK_THAT(fault_of("[" + good + "," + odd + "]"), Catch::StartsWith("[1]: startTime:"));
  CHECK(fault_of(R"([{"id":7}])") == "[0].id: expected a string, found a number");
}

TEST_CASE("nothing of one entry remains in the next") {
  const std::string second = R"({"id":"b","source":{"host":"apps","userName":"data-backup","path":"/data"},)"
                             R"("startTime":"2026-11-21T10:00:00Z"})";
  const Catalog catalog = catalog_of("[" + entry("a") + "," + second + "]");
  CHECK(catalog.snapshots() == 1);
  CHECK(catalog.incomplete() == 1);
}

TEST_CASE("every limit of a listing ends the reading") {
  const std::string two = "[" + entry("a") + "," + entry("b") + "]";
  CHECK_THAT(fault_of(two, {.snapshots = 1}), Catch::Contains("more snapshots"));
  CHECK(fault_of(two, {.snapshots = 2}).empty());
  CHECK_THAT(fault_of("[" + std::string(100, ' ') + std::string(100'000, ' ') + "]", {.bytes = 50'000}),
             Catch::Contains("longer than 50000 bytes"));
  CHECK_THAT(fault_of("[" + entry("a", R"(,"d":[[[[]]]])") + "]", {.depth = 5}),
             Catch::Contains("nested deeper than 5"));
  CHECK(fault_of("[" + entry("a", R"(,"d":[[[[]]]])") + "]", {.depth = 6}).empty());
}

TEST_CASE("a string without end is not collected in memory") {
  std::size_t given = 0;
  const json::ByteSource endless = [&](char* buffer, std::size_t size) {
    std::fill_n(buffer, size, 'x');
    if (given == 0) std::string_view(R"([{"id":")").copy(buffer, size);
    return given += size, size;
  };
  Catalog::Builder builder;
  const auto problem = read_listing(endless, builder);
  REQUIRE(problem);
  CHECK_THAT(*problem, Catch::Contains("a value of more than 65536 bytes"));
  CHECK(given < 200'000);
}

TEST_CASE("a long listing of short values passes the limit of one value") {
  std::string text = "[";
  for (int i = 0; i < 2000; ++i) text += (i == 0 ? "" : ",") + entry("id" + std::to_string(i));
  CHECK(catalog_of(text + "]", 4096).snapshots() == 2000);
}

TEST_CASE("an exception of the source passes through") {
  const json::ByteSource broken = [](char*, std::size_t) -> std::size_t { throw std::runtime_error("gone"); };
  Catalog::Builder builder;
  CHECK_THROWS_WITH(read_listing(broken, builder), "gone");
}
