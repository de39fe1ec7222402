#include <catch2/catch.hpp>

#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
namespace core = holdfast::core;

namespace {

World set_up() {
  World world = bound();
  world.options.secret.mode = SecretOptions::Mode::ExternalSecret;
  world.options.secret.store = "vault";
  world.options.secret.key = "kopia";
  world.settle();
  return world;
}

}  // namespace

TEST_CASE("a fresh PVC costs three writes from its creation to its first backup") {
  World world;
  world.options.secret.mode = SecretOptions::Mode::ExternalSecret;
  world.options.secret.store = "vault";
  world.options.secret.key = "kopia";
  CHECK(words(world.plan()) == Words{"apply secret", "apply destination"});
  world.settle();
  world.claim->phase = core::Claim::Phase::Bound;
  world.settle();
  world.now += std::chrono::hours{3};
  world.settle();
  world.now += std::chrono::hours{300};
  world.settle();
  CHECK(world.writes == 3);
  CHECK(world.find(Part::Source) != nullptr);
}

TEST_CASE("what is already as wanted is not written again, and what somebody changed is") {
  World world = set_up();
  CHECK(world.plan().actions.empty());
  world.the(Part::Destination).spec = "{}";
  CHECK(words(world.plan()) == Words{"apply destination"});
  CHECK_FALSE(actions<Apply>(world.plan())[0].creates);
}

TEST_CASE("an object on its way out is left until it is gone") {
  World world = set_up();
  world.the(Part::Source).meta.deleting = true;
  world.the(Part::Source).spec = "{}";
  CHECK(world.plan().actions.empty());
  world.objects.erase(world.key(Part::Source));
  CHECK(words(world.plan()) == Words{"apply source"});
}

TEST_CASE("a PVC that is gone loses our objects and nobody else's") {
  World world = set_up();
  world.objects.erase(world.key(Part::Secret));
  world.put_foreign(Part::Secret, "argocd");
  world.claim.reset();
  View view = world.view();
  view.claims_known = false;
  CHECK(make_plan(view, world.policy, world.options, world.now).actions.empty());
  CHECK(words(world.plan()) == Words{"remove source pvc-gone", "remove destination pvc-gone"});
  world.settle();
  CHECK(world.objects.size() == 1);
}

TEST_CASE("an image on the destination of a PVC that is gone is taken off before the destination goes") {
  World world = set_up();
  world.claim.reset();
  world.the(Part::Destination).status.image = image("stale");
  CHECK(words(world.plan()) == Words{"image off", "remove source pvc-gone", "remove secret pvc-gone"});
  world.settle();
  CHECK(world.objects.empty());
}

TEST_CASE("a PVC that is protected no more loses our objects") {
  World world = set_up();
  world.claim->pvc.labels.clear();
  world.settle();
  CHECK(world.objects.empty());
}

TEST_CASE("where kyverno cleans up we delete no objects of PVCs that are gone, but show no image either") {
  World world = set_up();
  world.options.kyverno_cleanup = true;
  world.the(Part::Destination).status.image = image("stale");
  world.claim.reset();
  CHECK(words(world.plan()) == Words{"image off"});
  world.create_claim("uid-2");
  CHECK(words(world.plan())[1] == "remove source owner-gone");
}

TEST_CASE("where the namespace's labels are not known nothing is written or deleted, only a wrong image taken off") {
  World world = set_up();
  world.the(Part::Destination).status.image = image("stale");
  world.the(Part::Source).spec = "{}";
  View view = world.view();
  view.namespace_labels = nullptr;
  CHECK(words(make_plan(view, world.policy, world.options, world.now)) == Words{"image off"});
  view.claim = nullptr;
  CHECK(make_plan(view, world.policy, world.options, world.now).actions.empty());
}

TEST_CASE("an exemption without a reason changes nothing and is said") {
  World world = set_up();
  world.claim->pvc.labels["backup-exempt"] = "true";
  world.the(Part::Destination).spec = "{}";
  const Plan plan = world.plan();
  CHECK(plan.actions.empty());
  CHECK(warned(plan, "ExemptReasonMissing"));
}

TEST_CASE("a PVC that asked for what cannot be is told, one that did not ask is not") {
  World world;
  world.claim->pvc.labels["backup"] = "weekly";
  CHECK(warned(world.plan(), "UnknownTier"));
  world.claim->pvc.labels = {{"pvc-plumber.io/enabled", "true"}};
  CHECK(warned(world.plan(), "UnknownContract"));
  CHECK(world.plan().actions.empty());
  world.claim->pvc.labels["backup"] = "daily";
  world.claim->pvc.volume_mode = "Block";
  CHECK(warned(world.plan(), "UnsupportedVolumeMode"));
  world.claim->pvc.labels.clear();
  CHECK(world.plan().holds.empty());
}

TEST_CASE("in a namespace that is being deleted nothing is written") {
  World world;
  View view = world.view();
  view.namespace_deleting = true;
  CHECK(make_plan(view, world.policy, world.options, world.now).actions.empty());
}

TEST_CASE("somebody else's objects under our names are never touched, and are named") {
  for (const Part part : {Part::Secret, Part::Destination, Part::Source}) {
    World world = bound();
    world.options.secret.mode = SecretOptions::Mode::ExternalSecret;
    world.put_foreign(part, "kyverno");
    const Plan plan = world.plan();
    for (const Apply& apply : actions<Apply>(plan)) CHECK(apply.object.part != part);
    REQUIRE(warned(plan, "ForeignObject"));
    const std::string& said = held(plan, "ForeignObject")->message;
    CHECK(said.find(world.key(part).second) != std::string::npos);
    CHECK(said.find("managed by kyverno") != std::string::npos);
    CHECK(said.find("generator.adopt") != std::string::npos);
  }
}

TEST_CASE("with adopt the objects of kyverno and pvc-plumber are taken over, under the same conditions") {
  for (const char* manager : {"kyverno", "pvc-plumber"}) {
    World world = bound();
    world.options.adopt = Adopts::Predecessors;
    world.put_foreign(Part::Destination, manager).status.image = image("restored once");
    world.put_foreign(Part::Source, manager);
    CHECK(words(world.plan()) == Words{"image off", "adopt source", "adopt destination"});
    world.the(Part::Source).status.synchronizing = true;
    CHECK(words(world.plan()) == Words{});
    world.the(Part::Source).status.synchronizing = false;
    world.evidence = current({listed(kOwnSource, kSnapshot, kSnapshotStart)});
    CHECK(words(world.plan()) == Words{});
  }
  World world = bound();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Destination, "helm");
  CHECK(words(world.plan()) == Words{"apply source"});
}

TEST_CASE("the source of an earlier PVC of the same name goes, and is made again only by a later plan") {
  World world = set_up();
  world.the(Part::Source).status.synchronizing = true;
  world.create_claim("uid-2");
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"remove source owner-gone", "apply secret", "apply destination"});
  world.settle();
  CHECK(world.find(Part::Source) == nullptr);
  CHECK(world.the(Part::Destination).meta.owners[0].uid == "uid-2");
}

TEST_CASE("a kind that is not known yet, not there or forbidden stops its own part alone") {
  World world = bound();
  world.known[Part::Source] = Known::Absent;
  CHECK(words(world.plan()) == Words{"apply destination"});
  CHECK(warned(world.plan(), "KindNotInstalled"));
  world.known[Part::Source] = Known::Forbidden;
  CHECK(words(world.plan()) == Words{"apply destination"});
  CHECK(warned(world.plan(), "Forbidden"));
  world.known[Part::Source] = Known::NotYet;
  CHECK(world.plan().actions.empty());
  CHECK(world.plan().holds.empty());
  world.known = {{Part::Destination, Known::NotYet}, {Part::RestoreRun, Known::NotYet}};
  CHECK(words(world.plan()) == Words{"apply source"});
}

TEST_CASE("objects under names of before go when what follows them is there") {
  World world = bound();
  world.settle();
  core::Observed old = world.the(Part::Source);
  old.meta.name = "data-old";
  world.strays = {{Part::Source, old}};
  CHECK(words(world.plan()) == Words{"remove source renamed"});
  world.strays[0].second.status.synchronizing = true;
  CHECK(world.plan().actions.empty());
  CHECK(held(world.plan(), "Synchronizing"));
  world.strays[0].second.status.synchronizing = false;
  world.the(Part::Source).meta.deleting = true;
  CHECK(world.plan().actions.empty());
}

TEST_CASE("a restore verified under an earlier name of the destination stays verified under the new one") {
  World world = bound();
  promise(*world.claim);
  world.evidence = current({listed(kOwnSource, kSnapshot, kSnapshotStart)});
  world.settle();
  core::Observed old = world.the(Part::Destination);
  old.meta.name = "data-old";
  old.meta.annotations[std::string(key::kVerified)] = "uid-1/" + std::string(kSnapshot);
  world.strays = {{Part::Destination, old}};
  CHECK(words(world.plan()) == Words{"apply destination", "apply source"});
  world.carry_out(world.plan().actions[0]);
  CHECK(words(world.plan()) == Words{"apply source", "remove destination renamed"});
}

TEST_CASE("a secret that its store does not give is told") {
  World world = set_up();
  world.the(Part::Secret).ready = "SecretSyncedError: no such key";
  CHECK(warned(world.plan(), "SecretNotReady"));
  world.the(Part::Secret).ready = "True";
  CHECK_FALSE(held(world.plan(), "SecretNotReady"));
}

TEST_CASE("every message fits an Event, however long its parts are") {
  World world = promised();
  world.claim->pvc.annotations[std::string(core::key::kRestoredSnapshot)] = std::string(100'000, 's');
  world.put_foreign(Part::Source, std::string(100'000, 'm'));
  world.evidence.place = std::string(100'000, 'p');
  const Plan plan = world.plan();
  CHECK(plan.holds.size() >= 2);
  for (const Hold& hold : plan.holds) CHECK(hold.message.size() <= 1024);
}

TEST_CASE("backups that somebody has stopped are told with the way back, and nobody is overruled") {
  World world = bound();
  world.settle();
  Json::Value spec = parse(world.the(Part::Source).spec);
  const auto stop = [&](const char* code) {
    world.the(Part::Source).spec = holdfast::test::print(spec);
    CHECK(world.plan().actions.empty());
    REQUIRE(warned(world.plan(), code));
    return held(world.plan(), code)->message;
  };
  SECTION("paused") {
    spec["paused"] = true;
    CHECK(stop("BackupsPaused").find(R"(-p '{"spec":{"paused":null}}')") != std::string::npos);
    spec["paused"] = false;
  }
  SECTION("by hand only") {
    spec["trigger"]["manual"] = "once";
    CHECK(stop("BackupsManual").find(R"(-p '{"spec":{"trigger":{"manual":null}}}')") != std::string::npos);
    spec["trigger"].removeMember("manual");
  }
  world.the(Part::Source).spec = holdfast::test::print(spec);
  CHECK(world.plan().holds.empty());
}

TEST_CASE("what another PVC owns is no orphan of the one that is gone") {
  World world = set_up();
  world.claim.reset();
  world.the(Part::Source).meta.owners[0].name = "another";
  CHECK(words(world.plan()) == Words{"remove destination pvc-gone", "remove secret pvc-gone"});
  core::Meta::Owner own = world.the(Part::Destination).meta.owners[0];
  world.the(Part::Source).meta.owners.push_back(own);
  CHECK(words(world.plan())[0] == "remove source pvc-gone");
}
