// Whose backups are whose, as the watches tell it to others.
#include <catch2/catch.hpp>

#include "tests/unit/generator/store/store_bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::store_bench;
using Is = kube::WatchState::Is;

namespace {

/// What others learn of whose backups are whose.
struct Sharing : Bench {
  Sharing() {
    store.on_owners([this] { ++changes; });
  }
  core::Whose whose(std::string_view identity, const core::PvcName& pvc = kData) {
    store.update(owners, {});
    core::Ownership ownership;
    ownership.add(owners.of(pvc.ns));
    return ownership.whose(core::parse_identity(identity).value(), pvc);
  }
  void watch(Is state) {
    store.set_claims_state({state, ""});
    store.set_state(Family::Sources, {state, ""});
  }
  void list() {
    store.begin_claims_reset();
    store.end_claims_reset();
    store.begin_objects_reset(Family::Sources);
    store.end_objects_reset(Family::Sources);
  }
  bool current() {
    store.update(owners, {});
    return owners.current;
  }
  int changes = 0;
  WatchedOwners owners;
};

core::Observed source(const std::string& name, const std::string& user, const std::string& pvc,
                      const std::string& version = "10") {
  core::Observed source = object("media", name, "flux", "", version);
  source.spec = R"({"sourcePVC":")" + pvc + R"(","kopia":{"username":")" + user + R"(","hostname":"media"}})";
  return source;
}

}  // namespace

TEST_CASE("whose backups are whose is told of a namespace, and again only where it changes") {
  Sharing bench;
  bench.store.apply_object(Family::Sources, source("any", "by-hand", "data"));
  CHECK(bench.changes == 1);
  CHECK(bench.whose("by-hand@media:/data") == core::Whose::Own);
  CHECK(bench.whose("by-hand@media:/data", {"media", "other"}) == core::Whose::Anothers);
  CHECK(bench.whose("by-hand@media:/data", {"home", "other"}) == core::Whose::Unsaid);
  bench.store.apply_object(Family::Sources, source("any", "by-hand", "data", "11"));
  CHECK(bench.changes == 1);
  bench.store.apply_object(Family::Sources, source("any", "by-hand", "other", "12"));
  CHECK(bench.changes == 2);
  CHECK(bench.whose("by-hand@media:/data") == core::Whose::Anothers);
  bench.store.apply_claim(claim(kData));
  bench.store.apply_claim(claim(kData, "u1", "11"));
  CHECK(bench.changes == 3);
  CHECK(bench.whose("x@media:/data") == core::Whose::Unsaid);
  CHECK(bench.owners.of("media")->is_known(kData));
  bench.store.remove_claim(kData);
  bench.store.remove_object(Family::Sources, "media", "any");
  CHECK(bench.changes == 5);
  CHECK(bench.whose("by-hand@media:/data") == core::Whose::Unsaid);
  CHECK(bench.owners.namespaces.empty());
}

TEST_CASE("whose backups are whose is known only while PVCs and sources are listed whole and watched") {
  Sharing bench;
  CHECK_FALSE(bench.current());
  bench.list();
  CHECK_FALSE(bench.current());
  bench.watch(Is::Current);
  CHECK(bench.current());
  const int before = bench.changes;
  bench.watch(Is::Failing);
  CHECK(bench.changes > before);
  CHECK_FALSE(bench.current());
  bench.watch(Is::Current);
  bench.store.begin_objects_reset(Family::Sources);
  CHECK_FALSE(bench.current());
  bench.store.end_objects_reset(Family::Sources);
  CHECK(bench.current());
  bench.store.set_claims_state({Is::Failing, ""});
  CHECK_FALSE(bench.current());
}

TEST_CASE("a cluster without ReplicationSources is one where nobody says anything") {
  Sharing bench;
  bench.list();
  bench.store.set_claims_state({Is::Current, ""});
  bench.store.set_state(Family::Sources, {Is::Absent, ""});
  CHECK(bench.current());
}

TEST_CASE(
    "what a watch brings that cannot be understood leaves it unknown whose backups are whose, until the next list") {
  Sharing bench;
  bench.list();
  bench.watch(Is::Current);
  REQUIRE(bench.current());
  bench.store.spoil_objects(Family::Destinations);
  CHECK(bench.current());
  bench.store.spoil_objects(Family::Sources);
  CHECK_FALSE(bench.current());
  bench.list();
  CHECK(bench.current());
  bench.store.spoil_claims();
  CHECK_FALSE(bench.current());
}

TEST_CASE("a source of another PVC under any name is heard where it works under a place of this one") {
  Sharing bench;
  const auto whose = [&] {
    const StoredView stored = bench.store.view(kData);
    return stored.view.ownership.whose(core::parse_identity("data-backup@media:/data").value(), kData);
  };
  CHECK(whose() == core::Whose::Unsaid);
  bench.store.apply_object(Family::Sources, source("any", "data-backup", "photos"));
  CHECK(whose() == core::Whose::Anothers);
  bench.store.apply_object(Family::Sources, source("any", "photos", "photos", "11"));
  CHECK(whose() == core::Whose::Unsaid);
  bench.store.apply_object(Family::Sources, source("any", "data-backup", "photos", "12"));
  bench.store.remove_object(Family::Sources, "media", "any");
  CHECK(whose() == core::Whose::Unsaid);
}

TEST_CASE("a PVC is looked at when a source comes to work under its place, or ceases to") {
  Sharing bench;
  bench.store.apply_claim(claim(kData));
  bench.take();
  bench.store.apply_object(Family::Sources, source("any", "data-backup", "photos"));
  CHECK(bench.take().contains(kData));
  bench.store.apply_object(Family::Sources, source("any", "data-backup", "photos", "11"));
  CHECK_FALSE(bench.take().contains(kData));
  bench.store.apply_object(Family::Sources, source("any", "photos", "photos", "12"));
  CHECK(bench.take().contains(kData));
  bench.store.apply_object(Family::Sources, source("any", "data", "photos", "13"));
  bench.take();
  bench.store.remove_object(Family::Sources, "media", "any");
  CHECK(bench.take().contains(kData));
}

TEST_CASE("what is to be remembered is said by sources that have made a backup") {
  Sharing bench;
  bench.store.apply_object(Family::Sources, source("new", "by-hand", "data"));
  CHECK(bench.store.synced().empty());
  core::Observed used = source("used", "long-ago", "data");
  used.status.last_sync = core::Time{};
  bench.store.apply_object(Family::Sources, used);
  const std::vector<Synced> synced = bench.store.synced();
  REQUIRE(synced.size() == 1);
  CHECK(synced[0].said == core::Said{core::parse_identity("long-ago@media:/data").value(), kData});
  CHECK(synced[0].at == core::Time{});
}
