// What is remembered of backups, and how it is written.
#include "holdfast/volsync/seen.hpp"

#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;

namespace {

const kube::Target kPlace{kube::kConfigMaps, "holdfast", "holdfast-seen"};

core::Catalog catalog(const std::vector<core::ListedSnapshot>& snapshots) {
  core::Catalog::Builder builder;
  for (const auto& snapshot : snapshots) builder.add(snapshot);
  return std::move(builder).build();
}

Seen seen_in(const std::vector<core::ListedSnapshot>& snapshots) {
  Seen seen;
  add_seen(seen, catalog(snapshots));
  return seen;
}

std::vector<core::Candidate> candidates(const std::vector<std::string>& identities) {
  std::vector<core::Candidate> all;
  for (const std::string& one : identities) all.push_back({core::parse_identity(one).value(), false});
  return all;
}

std::string fault(const std::string& identities) {
  const auto read = read_seen({"1", {{"identities", identities}}});
  const auto* found = std::get_if<json::ObjectFault>(&read);
  return found == nullptr ? "no fault" : found->problem;
}

const std::string kOld = "2026-01-01T00:00:00Z", kNew = "2026-02-01T00:00:00Z";

}  // namespace

TEST_CASE("what is written is what is read") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld), listed("o\"x@h:/with space/ü\\", kSnapshot, kNew)});
  REQUIRE(seen.ends.size() == 2);
  for (const Seen& one : {seen, Seen{}}) {
    const auto object = json::read_config_map(write_seen(kPlace, one, "17"));
    REQUIRE(std::holds_alternative<json::ConfigMap>(object));
    CHECK(std::get<json::ConfigMap>(object).resource_version == "17");
    const auto read = read_seen(std::get<json::ConfigMap>(object));
    REQUIRE(std::holds_alternative<Seen>(read));
    CHECK(std::get<Seen>(read) == one);
  }
}

TEST_CASE("the ConfigMap says whose it is, and a new one has no version") {
  const Json::Value object = parse(write_seen(kPlace, seen_in({listed(kOwnSource, kSnapshot, kOld)}), ""));
  CHECK(object["metadata"]["name"] == "holdfast-seen");
  CHECK(object["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "holdfast");
  CHECK_FALSE(object["metadata"].isMember("resourceVersion"));
  CHECK(object["data"]["identities"] == "2026-01-01T00:00:05Z data-backup@media:/data\n");
}

TEST_CASE("whose backups they are is written beside them") {
  const core::Catalog backups = catalog({listed(kOwnSource, kSnapshot, kOld)});
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld)});
  const core::Identity own = core::parse_identity(kOwnSource).value();
  const core::PvcName data{"media", "data"}, other{"media", "other"};
  const core::Time synced = at("2026-01-01T00:00:30Z");
  CHECK(add_owners(seen, std::vector<Synced>{{{own, other}, synced}, {{own, data}, synced}, {{own, data}, synced}},
                   backups) == 0);
  const auto object = json::read_config_map(write_seen(kPlace, seen, "17"));
  CHECK(std::get<json::ConfigMap>(object).data.at("pvcs") ==
        "media/data data-backup@media:/data\nmedia/other data-backup@media:/data\n");
  CHECK(std::get<Seen>(read_seen(std::get<json::ConfigMap>(object))) == seen);
  const auto table = owner_table(seen, {});
  CHECK(table->owners_of(own) == std::set{data, other});
  CHECK(table->identities_of(data) == std::set{own});
}

TEST_CASE("nobody speaks for another namespace, nor of what was not seen") {
  const core::Catalog backups =
      catalog({listed(kOwnSource, kSnapshot, kOld), listed("data@media:/data", kSnapshot, kOld)});
  const core::Time synced = at("2026-01-01T00:00:30Z");
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld)});
  add_owners(seen,
             std::vector<Synced>{{{core::parse_identity(kOwnSource).value(), {"elsewhere", "data"}}, synced},
                                 {{core::parse_identity("data@media:/data").value(), {"media", "data"}}, synced}},
             backups);
  CHECK(seen.owners.empty());
  const auto read = read_seen({"1",
                               {{"identities", kOld + " a@media:/d\n"},
                                {"pvcs", "elsewhere/x a@media:/d\nmedia/x a@media:/d\nmedia/y b@media:/d\n"}}});
  const auto table = owner_table(std::get<Seen>(read), {});
  CHECK(table->owners_of(core::parse_identity("a@media:/d").value()) == std::set<core::PvcName>{{"media", "x"}});
  CHECK_FALSE(table->is_known({"media", "y"}));
}

TEST_CASE("a source whose last synchronisation did not make the newest backup says nothing to be remembered") {
  const core::Identity own = core::parse_identity(kOwnSource).value();
  const core::Catalog backups = catalog({listed(kOwnSource, kSnapshot, kOld)});  // it ended five seconds later
  const auto remembers = [&](const std::string& synced) {
    Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld)});
    add_owners(seen, std::vector<Synced>{{{own, {"media", "data"}}, at(synced)}}, backups);
    return !seen.owners.empty();
  };
  CHECK(remembers("2026-01-01T00:00:05Z"));
  CHECK(remembers("2026-01-01T00:05:05Z"));
  CHECK(remembers("2025-12-31T23:59:05Z"));
  CHECK_FALSE(remembers("2026-01-01T00:05:06Z"));
  CHECK_FALSE(remembers("2025-12-31T23:59:04Z"));
}

TEST_CASE("a line of the memory that names no PVC is a fault") {
  for (const std::string bad : {"a@b:/c", "media a@b:/c", "media/UP a@b:/c", "media/x a@b", "media/x"}) {
    INFO(bad);
    const auto read = read_seen({"1", {{"identities", ""}, {"pvcs", bad}}});
    CHECK(std::get<json::ObjectFault>(read).problem.find("data.pvcs: line 1 ") == 0);
  }
}

TEST_CASE("copies that know of different PVCs know of both when they are united") {
  const core::Identity own = core::parse_identity(kOwnSource).value();
  Seen one = seen_in({listed(kOwnSource, kSnapshot, kOld)}), other = one;
  const core::Catalog backups = catalog({listed(kOwnSource, kSnapshot, kOld)});
  add_owners(one, std::vector<Synced>{{{own, {"media", "a"}}, at("2026-01-01T00:00:30Z")}}, backups);
  add_owners(other, std::vector<Synced>{{{own, {"media", "b"}}, at("2026-01-01T00:00:30Z")}}, backups);
  Seen accepted = other;
  forget_seen(accepted, candidates({kOwnSource}));
  CHECK(unite(one, other) == 0);
  CHECK(one.owners.at(kOwnSource).size() == 2);
  CHECK(unite(one, accepted) == 0);
  CHECK(one.ends.empty());
  CHECK(one.owners.at(kOwnSource).size() == 2);
  CHECK(unite(accepted, one, 90) == 1);
}

TEST_CASE("a memory that is not as holdfast writes it is a fault that names the line") {
  CHECK(std::get<json::ObjectFault>(read_seen({"1", {}})).problem == "data.identities: missing");
  const std::string good = kOld + " a@b:/c\n";
  CHECK(fault(good) == "no fault");
  CHECK(fault("") == "no fault");
  for (const std::string bad : {"x", "yesterday a@b:/c", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z a@b", "\n",
                                "2026-01-01T00:00:00Z a@b:/\x01"}) {
    INFO(bad);
    CHECK(fault(good + bad + "\n").find("line 2 ") != std::string::npos);
  }
}

TEST_CASE("an identity is remembered with the latest end that was seen, and never taken away by a catalog") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld), listed(kOwnSource, kSnapshot, kNew)});
  CHECK(seen.ends.at(kOwnSource) == at("2026-02-01T00:00:05Z"));
  const Seen before = seen;
  CHECK(add_seen(seen, catalog({listed(kOwnSource, kSnapshot, kOld)})) == 0);
  CHECK(add_seen(seen, catalog({})) == 0);
  CHECK(seen == before);
}

TEST_CASE("incomplete snapshots are not remembered") {
  core::ListedSnapshot half = listed(kOwnSource, kSnapshot, kOld);
  half.incomplete = "checkpoint";
  CHECK(seen_in({half}).ends.empty());
}

TEST_CASE("what has no room is counted, and what is known stays and moves on") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld)});
  const core::Catalog more = catalog({listed(kOwnSource, kSnapshot, kNew), listed("a@b:/c", kSnapshot, kNew)});
  CHECK(add_seen(seen, more, 60) == 1);
  CHECK(seen.ends.size() == 1);
  CHECK(seen.ends.at(kOwnSource) == at("2026-02-01T00:00:05Z"));
  CHECK(add_seen(seen, more, 100) == 0);
  CHECK(seen.ends.size() == 2);
}

TEST_CASE("a full memory can be read back") {
  Seen seen;
  for (int i = 0; i < 15'000; ++i)
    seen.ends["user-" + std::to_string(10'000 + i) + "@" + std::string(20, 'n') + ":/d"] = kNoon;
  const auto object = json::read_config_map(write_seen(kPlace, seen, "1"));
  REQUIRE(std::holds_alternative<json::ConfigMap>(object));
  CHECK(std::get<json::ConfigMap>(object).data.at("identities").size() < kSeenBytes);
  CHECK(std::get<Seen>(read_seen(std::get<json::ConfigMap>(object))) == seen);
}

TEST_CASE("a tombstone is of the candidates that were seen") {
  const Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld), listed("data@media:/data", kSnapshot, kNew)});
  CHECK_FALSE(tombstone(seen, candidates({"other@media:/data"})));
  const auto one = tombstone(seen, candidates({"other@media:/data", kOwnSource}));
  REQUIRE(one);
  CHECK(one->identity == kOwnSource);
  CHECK(one->last_seen == at("2026-01-01T00:00:05Z"));
  CHECK(one->id.size() == 16);
  const auto both = tombstone(seen, candidates({kOwnSource, "data@media:/data"}));
  REQUIRE(both);
  CHECK(both->identity == std::string(kOwnSource) + " (and 1 more)");
  CHECK(both->last_seen == at("2026-02-01T00:00:05Z"));
  CHECK(both->id != one->id);
}

TEST_CASE("a tombstone that was accepted once is another one when newer backups vanish") {
  const auto first = tombstone(seen_in({listed(kOwnSource, kSnapshot, kOld)}), candidates({kOwnSource}));
  const auto again = tombstone(seen_in({listed(kOwnSource, kSnapshot, kOld)}), candidates({kOwnSource}));
  const auto later = tombstone(seen_in({listed(kOwnSource, kSnapshot, kNew)}), candidates({kOwnSource}));
  CHECK(first->id == again->id);
  CHECK(first->id != later->id);
}

TEST_CASE("what is forgotten leaves no tombstone") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld), listed("data@media:/data", kSnapshot, kNew)});
  forget_seen(seen, candidates({kOwnSource, "never@seen:/data"}));
  CHECK_FALSE(tombstone(seen, candidates({kOwnSource})));
  CHECK(seen.ends.size() == 1);
}

TEST_CASE("copies may be united in any order, and of as late a moment what was accepted counts") {
  Seen one = seen_in({listed(kOwnSource, kSnapshot, kOld), listed("data@media:/data", kSnapshot, kNew)});
  Seen accepted = one;
  forget_seen(accepted, candidates({kOwnSource}));
  const Seen later = seen_in({listed(kOwnSource, kSnapshot, kNew)});
  const auto united = [](Seen into, const Seen& more) {
    CHECK(unite(into, more) == 0);
    return into;
  };
  CHECK(united(one, accepted) == accepted);
  CHECK(united(accepted, one) == accepted);
  CHECK(united(accepted, accepted) == accepted);
  const Seen all = united(united(one, accepted), later);
  CHECK(all == united(later, united(accepted, one)));
  CHECK(all.ends.at(kOwnSource) == at("2026-02-01T00:00:05Z"));
  CHECK(all.accepted.empty());
  CHECK(united(Seen{}, accepted) == accepted);
}

TEST_CASE("what was accepted is written and read, and is no tombstone") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld)});
  forget_seen(seen, candidates({kOwnSource}));
  const auto object = json::read_config_map(write_seen(kPlace, seen, "17"));
  CHECK(std::get<json::ConfigMap>(object).data.at("accepted") == "2026-01-01T00:00:05Z data-backup@media:/data\n");
  const auto read = read_seen(std::get<json::ConfigMap>(object));
  CHECK(std::get<Seen>(read) == seen);
  CHECK_FALSE(tombstone(std::get<Seen>(read), candidates({kOwnSource})));
  CHECK(std::get<json::ObjectFault>(read_seen({"1", {{"identities", ""}, {"accepted", "x"}}}))
            .problem.find("data.accepted: line 1 ") == 0);
}

TEST_CASE("what is accepted and seen in one memory is accepted, unless it was seen later") {
  const std::string old_line = "2026-01-01T00:00:05Z " + std::string(kOwnSource) + "\n";
  const std::string new_line = "2026-02-01T00:00:05Z " + std::string(kOwnSource) + "\n";
  const auto ends = [](const std::string& seen, const std::string& accepted) {
    return std::get<Seen>(read_seen({"1", {{"identities", seen}, {"accepted", accepted}}})).ends.size();
  };
  CHECK(ends(old_line, old_line) == 0);
  CHECK(ends(old_line, new_line) == 0);
  CHECK(ends(new_line, old_line) == 1);
}

TEST_CASE("backups that are there again are later than their acceptance, whatever their time is") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kNew)});
  const Seen before = seen;
  forget_seen(seen, candidates({kOwnSource}));
  const Seen accepted = seen;
  CHECK(add_seen(seen, catalog({listed(kOwnSource, kSnapshot, kOld)})) == 0);
  CHECK(seen.ends.at(kOwnSource) == at("2026-02-01T00:00:06Z"));
  CHECK(unite(seen, accepted) == 0);
  CHECK(unite(seen, before) == 0);
  CHECK(seen.ends.size() == 1);
  CHECK(tombstone(seen, candidates({kOwnSource}))->id != tombstone(before, candidates({kOwnSource}))->id);
}

TEST_CASE("copies that have no room together are a full memory") {
  Seen seen = seen_in({listed(kOwnSource, kSnapshot, kOld)});
  const Seen more = seen_in({listed("a@b:/c", kSnapshot, kOld), listed("d@e:/f", kSnapshot, kOld)});
  CHECK(unite(seen, more, 80) == 1);
  CHECK(seen.ends.size() == 2);
}

TEST_CASE("each repository has a memory of its own, and where nothing is pinned there is none") {
  const core::Pin one = core::RepositoryId::parse(kRepositoryId).value();
  const core::Pin other = core::RepositoryId::parse(kOtherRepositoryId).value();
  CHECK(seen_place(one, "holdfast")->name == "holdfast-seen-0011223344556677");
  CHECK(seen_place(other, "holdfast")->name != seen_place(one, "holdfast")->name);
  CHECK(seen_place(core::NoRepositoryId{}, "holdfast")->name == "holdfast-seen");
  CHECK_FALSE(seen_place(core::Unpinned{}, "holdfast"));
  CHECK_FALSE(seen_place(one, ""));
}
