// What is done, and what is not, by a replica that does not see everything: the plan, its execution, and the thread.
#include "src/generator/store/store.hpp"
#include "tests/unit/generator/household.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using Is = kube::WatchState::Is;

namespace {

World blind(World world) {
  world.watches_current = false;
  return world;
}

World all_set() {
  World world = bound();
  world.settle();
  return world;
}

}  // namespace

TEST_CASE("who does not see all PVCs and namespaces now deletes nothing because of what is not seen") {
  World gone = all_set();
  gone.claim.reset();
  REQUIRE(words(gone.plan()) == Words{"remove source pvc-gone", "remove destination pvc-gone"});
  CHECK(blind(gone).plan().actions.empty());

  World opted_out = all_set();
  opted_out.claim->pvc.labels.clear();
  REQUIRE(words(opted_out.plan()) == Words{"remove source not-protected", "remove destination not-protected"});
  CHECK(blind(opted_out).plan().actions.empty());

  World renamed = all_set();
  renamed.strays = {{Part::Source, renamed.the(Part::Source)}};
  renamed.strays[0].second.meta.name = "data-old";
  REQUIRE(words(renamed.plan()) == Words{"remove source renamed"});
  CHECK(blind(renamed).plan().actions.empty());

  World offsite = all_set();
  core::Observed off = offsite.the(Part::Source);
  offsite.put(Part::OffsiteSource, off);
  REQUIRE(words(offsite.plan()) == Words{"remove offsite-source not-protected"});
  CHECK(blind(offsite).plan().actions.empty());
}

TEST_CASE("who does not see everything still acts on what is seen, and takes wrong images off") {
  World world = blind(all_set());
  world.create_claim("uid-2");
  CHECK(words(world.plan()) == Words{"remove source owner-gone", "apply destination"});
  world.claim.reset();
  world.the(Part::Destination).status.image = image("stale");
  CHECK(words(world.plan()) == Words{"image off"});
}

TEST_CASE("each deletion says which PVC it rests on, and where that matters which version of it") {
  World world = all_set();
  world.claim->resource_version = "7";
  world.namespace_labels = {{"team", "media"}};
  world.claim->pvc.labels.clear();
  for (const Remove& remove : actions<Remove>(world.plan())) {
    CHECK(remove.claim_uid == "uid-1");
    CHECK(remove.claim_version == "7");
    CHECK(remove.namespace_labels == world.namespace_labels);
  }
  world.create_claim("uid-2");
  const auto strangers = actions<Remove>(world.plan());
  REQUIRE(strangers.size() == 1);
  CHECK(strangers[0].claim_uid == "uid-2");
  CHECK(strangers[0].claim_version.empty());
  CHECK_FALSE(strangers[0].namespace_labels);
  world.claim.reset();
  for (const Remove& remove : actions<Remove>(world.plan())) CHECK(remove.claim_uid.empty());
}

TEST_CASE("what begins to be backed up, or changes hands, says for which PVC; what stays in its hands does not") {
  World world = bound();
  const auto uid_of = [&](Part part) {
    for (const Apply& apply : actions<Apply>(world.plan())) {
      if (apply.object.part == part) return apply.claim_uid;
    }
    return std::string("not written");
  };
  CHECK(uid_of(Part::Source) == "uid-1");
  CHECK(uid_of(Part::Destination).empty());
  world.settle();
  world.the(Part::Source).spec = world.the(Part::Destination).spec = "{}";
  CHECK(uid_of(Part::Source).empty());
  CHECK(uid_of(Part::Destination).empty());
  world.create_claim("uid-2");
  CHECK(uid_of(Part::Destination) == "uid-2");
}

TEST_CASE("what is not seen counts only while PVCs and namespaces are listed whole and watched") {
  int told = 0;
  Store store(core::Naming::LegacyBackup, volsync::Adopts::Requested, [&told](const core::PvcName&) { ++told; });
  core::Claim claim;
  claim.pvc.ns = "media";
  claim.pvc.name = "data";
  store.apply_claim(claim);
  const auto current = [&] { return store.view({"media", "data"}).view.watches_current; };
  const auto list_claims = [&] { store.begin_claims_reset(), store.apply_claim(claim), store.end_claims_reset(); };
  list_claims();
  store.set_claims_state({Is::Current, ""});
  CHECK_FALSE(current());
  store.begin_namespaces_reset();
  store.end_namespaces_reset();
  CHECK_FALSE(current());
  told = 0;
  store.set_namespaces_state({Is::Current, ""});
  CHECK(current());
  CHECK(told == 1);  // what was left standing is looked at
  const auto lose = [&](Is is) {
    store.set_claims_state({is, "why"});
    CHECK_FALSE(current());
    store.set_claims_state({Is::Current, ""});
  };
  lose(Is::Failing);
  CHECK(current());
  store.set_namespaces_state({Is::Failing, "why"});
  CHECK_FALSE(current());
  store.set_namespaces_state({Is::Current, ""});
  store.begin_claims_reset();  // and it breaks off, or a PVC in it cannot be read
  store.set_claims_state({Is::Current, ""});
  CHECK_FALSE(current());
}

namespace {

/// A destination that is to be deleted.
struct Doomed : Bench {
  Doomed() {
    run({creation(Part::Destination)});
    claim = cluster.find(kube::kClaims, "media", "data");
  }
  Remove because(const std::string& reason, bool of_the_claim) const {
    Remove remove = removal(Part::Destination);
    remove.reason = reason;
    if (!of_the_claim) remove.claim_uid.clear();
    return remove;
  }
  Remove not_protected() const {
    Remove remove = because("not-protected", true);
    remove.claim_version = claim["metadata"]["resourceVersion"].asString();
    remove.namespace_labels = observed(cluster.find(kube::kNamespaces, "", "media")).meta.labels;
    return remove;
  }
  bool is_done(const Action& action) {
    const auto outcome = run({action});
    if (outcome.failed > 0) CHECK(outcome.error->conflict());
    return outcome.written == 1;
  }
  void answer_for_claims(Fault fault) {
    cluster.set_faults([fault](const fakes::ApiRequest& request) {
      return request.path.ends_with("/persistentvolumeclaims/data") ? fault : Fault{};
    });
  }

  Json::Value claim;
};

}  // namespace

TEST_CASE("nothing is deleted as of a PVC that is gone while it lives, whatever the watch says") {
  Doomed bench;
  const Remove remove = bench.because("pvc-gone", false);
  SECTION("it lives") { CHECK_FALSE(bench.is_done(remove)); }
  SECTION("another one of its name lives") {
    bench.cluster.put(kube::kClaims, claim_json());
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("we may not read it") {
    bench.answer_for_claims(refused(403, "Forbidden"));
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("it cannot be read") {
    bench.answer_for_claims({Fault::Kind::Refused, {.body = R"({"metadata": {"uid": 7}})"}, {}});
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("somebody between us and the API server answers") {
    bench.answer_for_claims({Fault::Kind::Refused, {.status = 404, .body = "no such page"}, {}});
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("it is gone") {
    bench.cluster.erase(kube::kClaims, "media", "data");
    CHECK(bench.is_done(remove));
  }
  CHECK(bench.held(Part::Destination).isNull() == bench.cluster.find(kube::kClaims, "media", "data").isNull());
}

TEST_CASE("nothing is deleted as not protected where PVC or namespace are not as they were seen") {
  Doomed bench;
  const Remove remove = bench.not_protected();
  SECTION("as they were") { CHECK(bench.is_done(remove)); }
  SECTION("the PVC has a label more") {
    bench.cluster.edit(kube::kClaims, "media", "data",
                       [](Json::Value& claim) { claim["metadata"]["labels"]["backup"] = "hourly"; });
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("the PVC is another one") {
    bench.cluster.put(kube::kClaims, claim_json());
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("the PVC is gone") {
    bench.cluster.erase(kube::kClaims, "media", "data");
    CHECK_FALSE(bench.is_done(remove));
  }
  SECTION("the namespace has a label more") {
    bench.cluster.edit(kube::kNamespaces, "", "media",
                       [](Json::Value& ns) { ns["metadata"]["labels"]["pvc-plumber.io/managed-namespace"] = "true"; });
    CHECK_FALSE(bench.is_done(remove));
  }
}

TEST_CASE("nothing is deleted as an earlier PVC's unless the one that was seen is there") {
  Doomed bench;
  const Remove remove = bench.because("owner-gone", true);
  bench.cluster.put(kube::kClaims, claim_json());
  CHECK_FALSE(bench.is_done(remove));
  CHECK_FALSE(bench.held(Part::Destination).isNull());
}

TEST_CASE("a question before a deletion that gets no answer ends the plan") {
  Doomed bench;
  bench.answer_for_claims({Fault::Kind::Lost, {}, {}});
  const auto outcome = bench.run({bench.because("pvc-gone", false), bench.creation(Part::Source)});
  CHECK(outcome.error->passing());
  CHECK(outcome.written == 0);
  CHECK(bench.held(Part::Source).isNull());
}

TEST_CASE("no backup begins, and nothing changes hands, for a PVC that is another one by now") {
  Bench bench;
  Apply apply = bench.creation(Part::Source);
  apply.claim_uid = bench.scene.claim.uid;
  bench.cluster.put(kube::kClaims, claim_json());
  CHECK(bench.run({apply}).error->conflict());
  apply.claim_uid = bench.cluster.find(kube::kClaims, "media", "data")["metadata"]["uid"].asString();
  const auto mark_deleted = [](Json::Value& claim) { claim["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"; };
  bench.cluster.edit(kube::kClaims, "media", "data", mark_deleted);
  CHECK(bench.run({apply}).error->conflict());
  CHECK(bench.held(Part::Source).isNull());
  bench.cluster.put(kube::kClaims, claim_json());
  apply.claim_uid = bench.cluster.find(kube::kClaims, "media", "data")["metadata"]["uid"].asString();
  CHECK(bench.run({apply}).written == 1);
}

namespace {

/// Lists and watches of PVCs get no answer that helps; everything else is as ever.
void break_the_watch_of_claims(Household& house) {
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool watched = request.method == "GET" && request.path.ends_with("/persistentvolumeclaims");
    return watched ? refused(503, "ServiceUnavailable") : Fault{};
  });
  house.cluster.cut_watches_of(kube::kClaims);
  REQUIRE(eventually([&] { return house.generator->problem().find("persistentvolumeclaims: ") != std::string::npos; }));
}

/// What the leader before has made for a PVC that the broken watch does not show.
void let_another_protect(Household& house, const std::string& name) {
  house.add_claim(name);
  const auto claim = std::get<core::Claim>(json::read_claim(print(house.cluster.find(kube::kClaims, "media", name))));
  const core::Policy& policy = house.setup.policy;
  const Subject subject{claim, core::Tier::Daily, core::Identity{name + "-backup", "media", "/data"}, policy,
                        house.setup.options};
  house.cluster.put(kube::kReplicationSources, source_object(subject).body);
  house.cluster.put(kube::kReplicationDestinations, destination_object(subject, {}).body);
}

void show_image(Household& house, const std::string& name) {
  house.cluster.edit(kube::kReplicationDestinations, "media", name + "-backup",
                     [](Json::Value& destination) { destination["status"]["latestImage"]["name"] = "wrong"; });
}

bool shows_image(const Household& house, const std::string& name) {
  return !house.held(Part::Destination, name)["status"]["latestImage"].isNull();
}

}  // namespace

TEST_CASE(
    "a leader whose watch of PVCs is broken takes nothing from a PVC that lives, and cleans up when it sees again") {
  Household house;
  house.add_claim("seen");
  house.start();
  REQUIRE(eventually([&] { return house.is_complete("seen"); }));
  break_the_watch_of_claims(house);
  let_another_protect(house, "data");
  let_another_protect(house, "orphan");
  house.cluster.erase(kube::kClaims, "media", "orphan");
  // The next image is taken off after everything that followed from the one before, and each kind of object has a
  // watch of its own: the destination may be seen before the source.
  for (int i = 0; i < 4; ++i) {
    for (const char* name : {"data", "orphan"}) show_image(house, name);
    REQUIRE(eventually([&] { return !shows_image(house, "data") && !shows_image(house, "orphan"); }));
  }
  CHECK(house.is_complete("data"));
  CHECK(house.is_complete("orphan"));
  house.cluster.set_faults({});
  CHECK(eventually([&] { return !house.has(Part::Destination, "orphan") && !house.has(Part::Source, "orphan"); }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.is_complete("data"));
}
