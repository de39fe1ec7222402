#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

const Identity kData = identity("data@media:/data");

std::string newest_id(const Catalog& catalog, std::optional<Time> as_of = std::nullopt) {
  const auto snapshot = catalog.newest(kData, as_of);
  return snapshot ? snapshot->id : "-";
}

ListedSnapshot data(unsigned number, std::string_view start) { return listed("data@media:/data", number, start); }

/// What the builder says is wrong with `snapshot`.
std::string complaint(const ListedSnapshot& snapshot) {
  Catalog::Builder builder;
  return builder.add(snapshot).value_or("");
}

}  // namespace

TEST_CASE("a snapshot is complete with a root entry, an end and no mark") {
  ListedSnapshot snapshot = data(1, "2026-01-01T00:00:00Z");
  CHECK(is_complete(snapshot));
  snapshot.failed = 7;
  CHECK(is_complete(snapshot));
  snapshot.incomplete = "checkpoint";
  CHECK_FALSE(is_complete(snapshot));
}

TEST_CASE("without a root entry or an end a snapshot is not complete") {
  ListedSnapshot no_root = data(1, "2026-01-01T00:00:00Z"), no_end = no_root;
  no_root.has_root_entry = false;
  no_end.end_time.clear();
  CHECK_FALSE(is_complete(no_root));
  CHECK_FALSE(is_complete(no_end));
}

TEST_CASE("an empty catalog knows nothing") {
  const Catalog empty = catalog({});
  CHECK(newest_id(empty) == "-");
  CHECK(empty.find(kData, snapshot_id(1)) == std::nullopt);
  CHECK(empty.oldest_start(kData) == std::nullopt);
  CHECK(empty.snapshots() == 0);
  CHECK(empty.identities() == 0);
  CHECK(Catalog{}.newest(kData) == std::nullopt);
}

TEST_CASE("the newest snapshot is found in whatever order they were listed") {
  const auto first = data(1, "2026-01-01T00:00:00Z"), second = data(2, "2026-01-02T00:00:00Z"),
             third = data(3, "2026-01-03T00:00:00Z");
  CHECK(newest_id(catalog({first, second, third})) == snapshot_id(3));
  CHECK(newest_id(catalog({third, first, second})) == snapshot_id(3));
  CHECK(catalog({third, first, second}).oldest_start(kData) == at("2026-01-01T00:00:00Z"));
}

TEST_CASE("as of a time the newest that began at or before it is meant") {
  const Catalog three =
      catalog({data(1, "2026-01-01T00:00:00Z"), data(2, "2026-01-02T00:00:00.5Z"), data(3, "2026-01-03T00:00:00Z")});
  CHECK(newest_id(three, at("2026-01-02T12:00:00Z")) == snapshot_id(2));
  CHECK(newest_id(three, at("2026-01-02T00:00:00.5Z")) == snapshot_id(2));
  CHECK(newest_id(three, at("2026-01-02T00:00:00.499999999Z")) == snapshot_id(1));
  CHECK(newest_id(three, at("2025-12-31T23:59:59Z")) == "-");
}

TEST_CASE("identities do not mix") {
  const Catalog two = catalog({data(1, "2026-01-01T00:00:00Z"), listed("data@other:/data", 2, "2026-01-02T00:00:00Z"),
                               data(3, "2025-01-01T00:00:00Z")});
  CHECK(newest_id(two) == snapshot_id(1));
  CHECK(two.newest(identity("data@other:/data"))->id == snapshot_id(2));
  CHECK(two.newest(identity("data@media:/other")) == std::nullopt);
  CHECK(two.find(kData, snapshot_id(2)) == std::nullopt);
  CHECK(two.snapshots() == 3);
  CHECK(two.identities() == 2);
}

TEST_CASE("a snapshot is found by its id, with all that was listed of it") {
  ListedSnapshot snapshot = data(7, "2026-01-01T00:00:00.25Z");
  snapshot.failed = 3;
  snapshot.directories = 6;
  snapshot.links = 0;
  snapshot.uid = 1000;
  snapshot.gid = 0;
  const auto found = catalog({snapshot, data(8, "2026-01-02T00:00:00Z")}).find(kData, snapshot_id(7));
  CHECK(found == Snapshot{snapshot_id(7), "2026-01-01T00:00:00.25Z", "2026-01-01T00:00:05.25Z",
                          at("2026-01-01T00:00:00.25Z"), 1000, 10, 3, 6, 0, 1000, 0});
}

TEST_CASE("an owner and counts that were not recorded stay absent") {
  const auto found = catalog({data(1, "2026-01-01T00:00:00Z")}).newest(kData);
  CHECK(found->directories == std::nullopt);
  CHECK(found->links == std::nullopt);
  CHECK(found->uid == std::nullopt);
  CHECK(found->gid == std::nullopt);
}

TEST_CASE("times come back byte for byte however they were written") {
  for (const char* start : {"2026-01-01T00:00:00.100Z", "2026-01-01T01:00:00+01:00", "2026-01-01t00:00:00z",
                            "2026-01-01T00:00:00.1234567891Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.1Z"}) {
    const auto found = catalog({data(2, "2025-01-01T00:00:00Z"), data(1, start)}).newest(kData);
    CHECK(found->start_time == start);
    CHECK(found->start == at(start));
    CHECK(found->id == snapshot_id(1));
  }
}

TEST_CASE("an odd end time alone comes back byte for byte too") {
  ListedSnapshot snapshot = data(1, "2026-01-01T00:00:00Z");
  snapshot.end_time = "2026-01-01T00:00:07.50Z";
  const auto found = catalog({snapshot}).newest(kData);
  CHECK(found->end_time == "2026-01-01T00:00:07.50Z");
  CHECK(found->start_time == "2026-01-01T00:00:00Z");
}

TEST_CASE("ids that are not 32 lower-case hex digits come back as they were") {
  for (const char* id : {"x", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdeg", "k0ffee",
                         "0123456789abcdef0123456789abcdef0"}) {
    ListedSnapshot snapshot = data(1, "2026-01-01T00:00:00Z");
    snapshot.id = id;
    const Catalog one = catalog({snapshot, data(2, "2025-01-01T00:00:00Z")});
    CHECK(newest_id(one) == id);
    CHECK(one.find(kData, id));
  }
}

TEST_CASE("a kopia id keeps its leading zeros") {
  ListedSnapshot snapshot = data(1, "2026-01-01T00:00:00Z");
  snapshot.id = "00000000000000000fedcba987654321";
  CHECK(newest_id(catalog({snapshot})) == snapshot.id);
}

TEST_CASE("of equal starts the one that ended last is the newest") {
  ListedSnapshot quick = data(1, "2026-01-01T00:00:00Z"), slow = data(2, "2026-01-01T00:00:00Z");
  slow.end_time = "2026-01-01T00:10:00Z";
  CHECK(newest_id(catalog({quick, slow})) == snapshot_id(2));
  CHECK(newest_id(catalog({slow, quick})) == snapshot_id(2));
}

TEST_CASE("incomplete snapshots are counted and otherwise not there") {
  ListedSnapshot unfinished = data(1, "2026-01-02T00:00:00Z");
  unfinished.incomplete = "canceled";
  const Catalog counted = catalog({unfinished, data(2, "2026-01-01T00:00:00Z")});
  CHECK(newest_id(counted) == snapshot_id(2));
  CHECK(counted.find(kData, snapshot_id(1)) == std::nullopt);
  CHECK(counted.incomplete() == 1);
  CHECK(catalog({unfinished}).identities() == 0);
}

TEST_CASE("an entry without id or source spoils the listing, complete or not") {
  ListedSnapshot snapshot = data(1, "2026-01-01T00:00:00Z");
  snapshot.id.clear();
  CHECK(complaint(snapshot) == "id: missing");
  for (std::string Identity::*part : {&Identity::user, &Identity::host, &Identity::path}) {
    ListedSnapshot anonymous = data(1, "2026-01-01T00:00:00Z");
    (anonymous.source.*part).clear();
    anonymous.incomplete = "checkpoint";
    CHECK(complaint(anonymous) == "source: user name, host or path is missing");
  }
}

TEST_CASE("a complete entry with an unreadable time spoils the listing, and the complaint names the field") {
  ListedSnapshot start = data(1, "2026-01-01T00:00:00Z"), end = start;
  start.start_time = "yesterday";
  end.end_time = "later";
  CHECK(complaint(start) == R"(startTime: "yesterday" is not RFC 3339)");
  CHECK(complaint(end) == R"(endTime: "later" is not RFC 3339)");
}

TEST_CASE("counts that no sane listing holds are brought into range") {
  ListedSnapshot many = data(1, "2026-01-02T00:00:00Z"), negative = data(2, "2026-01-01T00:00:00Z");
  many.failed = std::int64_t{1} << 40;
  negative.failed = -1;
  const Catalog both = catalog({many, negative});
  CHECK(both.find(kData, snapshot_id(1))->failed == 0xffffffff);
  CHECK(both.find(kData, snapshot_id(2))->failed == 0);
}

TEST_CASE("every identity with complete snapshots is listed with the end of its newest one") {
  ListedSnapshot half = data(3, "2026-01-03T00:00:00Z");
  half.source.user = "half";
  half.incomplete = "checkpoint";
  const Catalog both = catalog({data(1, "2026-01-01T00:00:00Z"), data(2, "2026-01-02T00:00:00Z"), half});
  const auto ends = both.last_ends();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].first == to_string(kData));
  CHECK(format_nanoseconds(ends[0].second) == both.newest(kData)->end_time);
  CHECK(Catalog().last_ends().empty());
}

TEST_CASE("all complete snapshots of an identity come newest first, and no other's") {
  ListedSnapshot other = data(3, "2026-01-03T00:00:00Z");
  other.source.user = "a";
  const Catalog both = catalog({data(1, "2026-01-01T00:00:00Z"), other, data(2, "2026-01-02T00:00:00Z")});
  const auto all = both.all(kData);
  REQUIRE(all.size() == 2);
  CHECK(all[0] == both.newest(kData));
  CHECK(all[1].id == data(1, "2026-01-01T00:00:00Z").id);
  CHECK(both.all({"nobody", "media", "/data"}).empty());
}

TEST_CASE("the complete snapshots of each identity are one source, sorted") {
  ListedSnapshot other = data(3, "2026-01-03T00:00:00Z");
  other.source.user = "a";
  other.size_bytes = 7;
  other.files = 5;
  const Catalog both = catalog({data(2, "2026-01-02T00:00:00Z"), data(1, "2026-01-01T00:00:00Z"), other});
  const auto sources = both.sources();
  REQUIRE(sources.size() == 2);
  CHECK(sources[0].snapshots + sources[1].snapshots == 3);
  const auto& first = sources[0].snapshots == 1 ? sources[0] : sources[1];
  const auto& second = sources[0].snapshots == 1 ? sources[1] : sources[0];
  CHECK(first.newest_bytes == 7);
  CHECK(first.newest_files == 5);
  CHECK(second.identity == to_string(kData));
  CHECK(format_nanoseconds(second.newest_end) == both.newest(kData)->end_time);
  CHECK(sources[0].identity < sources[1].identity);
  CHECK(Catalog().sources().empty());
}

TEST_CASE("the newest snapshots with unreadable entries are counted, from the last one that was whole") {
  const auto with_errors = [](unsigned number, std::string_view start) {
    ListedSnapshot snapshot = data(number, start);
    snapshot.failed = 3;
    return snapshot;
  };
  CHECK(catalog({data(1, "2026-01-01T00:00:00Z")}).failing(kData).snapshots == 0);
  CHECK(Catalog().failing(kData).snapshots == 0);
  const auto failing = catalog({with_errors(1, "2026-01-01T00:00:00Z"), data(2, "2026-01-02T00:00:00Z"),
                                with_errors(3, "2026-01-03T00:00:00Z"), with_errors(4, "2026-01-04T00:00:00Z")})
                           .failing(kData);
  CHECK(failing.snapshots == 2);
  CHECK(format_seconds(failing.since) == "2026-01-03T00:00:00Z");
  CHECK(catalog({with_errors(1, "2026-01-01T00:00:00Z"), data(2, "2026-01-02T00:00:00Z")}).failing(kData).snapshots ==
        0);
}
