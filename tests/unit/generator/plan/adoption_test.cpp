// What kyverno and pvc-plumber made is taken over only where backups stay where they are.
#include "src/generator/plan/hold.hpp"

#include <catch2/catch.hpp>

#include "holdfast/generator/audit.hpp"
#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/cluster_facts.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
namespace core = holdfast::core;

namespace {

constexpr const char* kTheirs = R"({"sourcePVC":"data","kopia":{"username":"data","hostname":"media"}})";
constexpr const char* kInAnotherPath =
    R"({"sourcePVC":"data","kopia":{"username":"data","hostname":"media","sourcePathOverride":"/srv"}})";

/// Bound; kyverno made an object of this spec under the name of ours.
World adopting(Part part, const std::string& spec) {
  World world = bound();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(part, "kyverno").spec = spec;
  return world;
}

std::string said_of(const Plan& plan) {
  const Hold* hold = held(plan, "ForeignIdentity");
  return hold == nullptr ? "" : hold->message;
}

Json::Value adopted_kopia(const World& world) {
  for (const Apply& apply : actions<Apply>(world.plan())) {
    if (apply.adopts) return apply.object.body["spec"]["kopia"];
  }
  return {};
}

/// Bound, and nothing of it is holdfast's: all that kyverno makes for a PVC.
World beside_kyverno() {
  World world = bound();
  world.options.secret.mode = SecretOptions::Mode::ExternalSecret;
  world.options.secret.store = world.options.secret.key = "store";
  world.put_foreign(Part::Secret, "kyverno");
  world.put_foreign(Part::Destination, "kyverno").spec = R"({"kopia":{"username":"data","hostname":"media"}})";
  world.put_foreign(Part::Source, "kyverno").spec = kTheirs;
  return world;
}

void ask_for(World& world, Part part) {
  world.the(part).meta.annotations[std::string(key::kAdoptRequested)] = "2026-03-01T12:00:00Z";
}

core::IdentityTemplate identity(std::string_view text) { return *core::IdentityTemplate::parse(text); }

}  // namespace

TEST_CASE("a source that backs up elsewhere is not taken over, and the setting that allows it is told") {
  World world = adopting(Part::Source, kInAnotherPath);
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"apply destination"});
  CHECK(warned(plan, "ForeignIdentity"));
  CHECK_THAT(said_of(plan), Contains("ReplicationSource data-backup of kyverno"));
  CHECK_THAT(said_of(plan), Contains("backs up as data@media:/srv"));
  CHECK_THAT(said_of(plan),
             Contains(R"(`index: {identities: ["{pvc}-backup@{namespace}:/data", "{pvc}@{namespace}:/srv"]}`)"));
  CHECK(audit_item(world.view(), plan, {}, world.policy).source == "foreign");
}

TEST_CASE("with the setting that is told for a source elsewhere its backups are restored after a rebuild") {
  core::Policy policy;
  policy.identities = {identity("{pvc}-backup@{namespace}:/data"), identity("{pvc}@{namespace}:/srv")};
  core::Catalog::Builder builder;
  REQUIRE_FALSE(builder.add(listed("data@media:/srv", kSnapshot, kSnapshotStart)));
  const auto found = core::locate(core::candidates(policy, {"media", "data"}), std::move(builder).build());
  REQUIRE(found);
  CHECK(core::to_string(found->identity) == "data@media:/srv");
  CHECK_FALSE(found->ambiguous);
}

TEST_CASE("a source that backs up under one of the PVC's places goes on under it, whatever lies under the others") {
  World world = adopting(Part::Source, kTheirs);
  world.policy.identities = {identity("{pvc}-backup@{namespace}:/data"), identity("{pvc}@{namespace}:/data")};
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-03-01T11:30:00Z")});
  CHECK(adopted_kopia(world)["username"] == "data");
  world.settle();
  CHECK(parse(world.the(Part::Source).spec)["kopia"]["username"] == "data");
  CHECK(world.plan().actions.empty());
}

TEST_CASE("another path is another place") {
  const World world = adopting(
      Part::Source,
      R"({"sourcePVC":"data","kopia":{"username":"data-backup","hostname":"media","sourcePathOverride":"/media/data"}})");
  CHECK_THAT(said_of(world.plan()), Contains("data-backup@media:/media/data"));
  CHECK_THAT(said_of(world.plan()), Contains(R"("{pvc}-backup@{namespace}:/media/data"]})"));
}

TEST_CASE("what a source leaves to VolSync is its object name and its namespace") {
  World world = adopting(Part::Source, R"({"sourcePVC":"data","kopia":{"repository":"volsync-data"}})");
  CHECK(words(world.plan()) == Words{"apply destination", "adopt source"});
  world.policy.identities = {identity("{pvc}@{namespace}:/data")};
  CHECK(adopted_kopia(world)["username"] == "data-backup");
}

TEST_CASE("of an identity that no template gives that is said instead of a line") {
  const World world = adopting(Part::Source, R"({"sourcePVC":"data","kopia":{"username":"films","hostname":"nas"}})");
  CHECK_THAT(said_of(world.plan()), Contains("no line of index.identities gives that name"));
}

TEST_CASE("a destination that restores from elsewhere is not taken over: to the webhook it is somebody else's") {
  World world = adopting(Part::Destination, R"({"kopia":{"username":"films","hostname":"media"}})");
  world.the(Part::Destination).status.image = image("theirs");
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"apply source"});
  CHECK_THAT(said_of(plan), Contains("ReplicationDestination data-backup of kyverno"));
  CHECK_THAT(said_of(plan), Contains("restores from films@media:/data"));
  const auto owner = [&](const char* spec) {
    world.the(Part::Destination).spec = spec;
    return destination_facts(&world.the(Part::Destination), Adopts::Predecessors, {"media", "data"}, world.policy)
        .owner;
  };
  CHECK(owner(R"({"kopia":{"username":"films","hostname":"media"}})") == core::Destination::Owner::Foreign);
  CHECK(owner(R"({"kopia":{"username":"data-backup","hostname":"media"}})") == core::Destination::Owner::Adoptable);
  CHECK(owner(R"({"kopia":{"repository":"theirs"}})") == core::Destination::Owner::Adoptable);
}

TEST_CASE("a restore does not begin behind a destination that is not taken over") {
  World world = promised();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Destination, "kyverno").spec = R"({"kopia":{"username":"films","hostname":"media"}})";
  CHECK(world.plan().actions.empty());
  CHECK(warned(world.plan(), "ForeignIdentity"));
}

TEST_CASE("an image that a PVC of another manager may wait for stays on its destination until our PVC is there") {
  World world = promised();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Destination, "kyverno").status.image = image("theirs");
  const auto facts = [&] {
    return destination_facts(world.find(Part::Destination), Adopts::Predecessors, {"media", "data"}, world.policy);
  };
  world.claim.reset();
  CHECK(world.plan().actions.empty());
  CHECK(facts().owner == core::Destination::Owner::Adoptable);
  CHECK(facts().publishes_image);
  world.the(Part::Destination).status.image.reset();
  CHECK_FALSE(facts().publishes_image);
  world.the(Part::Destination).status.sync_started = world.now;
  CHECK(facts().publishes_image);  // it may at any moment
  CHECK_FALSE(destination_facts(world.find(Part::Destination), Adopts::Requested, {"media", "data"}, world.policy)
                  .publishes_image);
}

TEST_CASE("what movers of a source use is taken over with it or not at all") {
  World world = beside_kyverno();
  world.options.adopt = Adopts::Predecessors;
  struct Obstacle {
    const char* is;
    void (*put)(World&);
  };
  const Obstacle obstacle = GENERATE(values<Obstacle>({
      {"it is not known which backups there are", [](World& it) { it.evidence = unknown(); }},
      {"there are older backups that were never restored",
       [](World& it) { it.evidence = current({listed(kOwnSource, kSnapshot, kSnapshotStart)}); }},
      {"no repository is pinned", [](World& it) { it.policy.pin = core::Unpinned{}; }},
      {"it backs up elsewhere", [](World& it) { it.the(Part::Source).spec = kInAnotherPath; }},
      {"its mover works", [](World& it) { it.the(Part::Source).status.sync_started = it.now; }},
      {"its destination is being restored into",
       [](World& it) { it.the(Part::Destination).status.sync_started = it.now; }},
      {"its Secret is made by hand", [](World& it) { it.the(Part::Secret).meta.labels.clear(); }},
      {"its destination restores from elsewhere",
       [](World& it) { it.the(Part::Destination).spec = R"({"kopia":{"username":"films","hostname":"media"}})"; }},
  }));
  INFO(obstacle.is);
  CHECK(words(world.plan()) == Words{"adopt source", "adopt secret", "adopt destination"});
  obstacle.put(world);
  CHECK(words(world.plan()) == Words{});
  CHECK(held(world.plan(), "AdoptionWaits") != nullptr);
}

TEST_CASE("beside a source that stays somebody else's no Secret is written over that is nobody's") {
  World world = beside_kyverno();
  world.options.adopt = Adopts::Predecessors;
  world.objects.erase(world.key(Part::Secret));
  CHECK(words(world.plan()) == Words{"apply secret", "adopt source", "adopt destination"});
  SECTION("it waits") { world.evidence = unknown(); }
  SECTION("its destination is not taken over") {
    world.the(Part::Destination).spec = R"({"kopia":{"username":"films","hostname":"media"}})";
  }
  CHECK(words(world.plan()) == Words{});
}

TEST_CASE("a source that is taken over need not be of a PVC of some age: it backs up already") {
  World world = adopting(Part::Source, kTheirs);
  world.claim->created = world.now;
  CHECK(words(world.plan()) == Words{"apply destination", "adopt source"});
  world.objects.clear();
  CHECK(held(world.plan(), "TooYoung") != nullptr);
}

TEST_CASE("a PVC that waits gets its destination and its secret, whatever source there is") {
  World world = promised();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Source, "kyverno").spec = kTheirs;
  world.put_foreign(Part::Destination, "kyverno");
  CHECK(words(world.plan())[0] == "adopt destination");
}

TEST_CASE("what was taken over carries no label by which kyverno would delete it") {
  World world = adopting(Part::Source, kTheirs);
  world.the(Part::Source).meta.labels["generate.kyverno.io/policy-name"] = "volsync";
  world.the(Part::Source).meta.labels["team"] = "films";
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  world.the(Part::Source).meta.labels["generate.kyverno.io/policy-name"] = "volsync";  // an apply leaves it
  world.the(Part::Source).meta.labels["team"] = "films";
  CHECK(words(world.plan()) == Words{"disown source"});
  world.settle();
  CHECK_FALSE(world.the(Part::Source).meta.labels.contains("generate.kyverno.io/policy-name"));
  CHECK(world.the(Part::Source).meta.labels.contains("team"));
  World theirs = bound();
  theirs.put_foreign(Part::Source, "kyverno").meta.labels["generate.kyverno.io/policy-name"] = "volsync";
  CHECK(words(theirs.plan()) == Words{"apply destination"});
}

TEST_CASE("what somebody has asked for is taken over, whatever the settings say, when all of it was asked for") {
  World world = beside_kyverno();
  for (const Part part : {Part::Secret, Part::Destination, Part::Source}) {
    CHECK(words(world.plan()) == Words{});
    CHECK(warned(world.plan(), "ForeignObject"));
    ask_for(world, part);
  }
  CHECK(words(world.plan()) == Words{"adopt source", "adopt secret", "adopt destination"});
  world.the(Part::Secret).meta.labels.clear();
  CHECK(words(world.plan()) == Words{"adopt source", "adopt secret", "adopt destination"});  // also by hand
}

TEST_CASE("what a tool would write anew is not taken over, whoever asks for it, nor what has another mover") {
  World world = beside_kyverno();
  for (const Part part : {Part::Secret, Part::Destination, Part::Source}) ask_for(world, part);
  core::Observed& source = world.the(Part::Source);
  std::string says;
  SECTION("Argo CD") {
    source.meta.annotations["argocd.argoproj.io/tracking-id"] = "apps:volsync";
    says = "out of Argo CD without deleting it";
  }
  SECTION("Argo CD, by label") {
    source.meta.labels["argocd.argoproj.io/instance"] = "apps";
    says = "out of Argo CD without deleting it";
  }
  SECTION("Flux") {
    source.meta.labels["kustomize.toolkit.fluxcd.io/name"] = "apps";
    says = "out of Flux without deleting it";
  }
  SECTION("Helm") {
    source.meta.labels[std::string(key::kManagedBy)] = "Helm";
    says = "out of Helm without deleting it";
  }
  SECTION("another PVC") {
    source.spec = R"({"sourcePVC":"films","kopia":{"username":"data","hostname":"media"}})";
    says = "it backs up the PVC films";
  }
  SECTION("another PVC's, by its owner") {
    source.meta.owners.push_back({"PersistentVolumeClaim", "films", "uid-9"});
    says = "another PVC's";
  }
  SECTION("Argo CD or Helm, of what nobody else says to have made") {
    source.meta.labels = {{"app.kubernetes.io/instance", "apps"}};
    says = "out of Argo CD or Helm without deleting it";
  }
  SECTION("a destination that restores into a PVC by itself") {
    world.the(Part::Destination).spec = R"({"kopia":{"username":"data","hostname":"media","destinationPVC":"data"}})";
    says = "it restores into the PVC data by itself";
  }
  SECTION("it could not be written down") { source.spec = R"({"sourcePVC":")" + std::string(50'000, 'x') + R"("})"; }
  SECTION("another mover") {
    source.spec = R"({"sourcePVC":"data","restic":{"repository":"theirs"}})";
    says = "its mover is restic";
  }
  CHECK(words(world.plan()) == Words{});
  REQUIRE(held(world.plan(), "ForeignObject") != nullptr);
  CHECK_THAT(held(world.plan(), "ForeignObject")->message, Contains(says));
}

TEST_CASE("a source that is taken over keeps its schedule until the tier or the settings say another") {
  World world = adopting(Part::Source, R"({"sourcePVC":"data","trigger":{"schedule":"0 2 * * *"},"kopia":{}})");
  const auto schedule = [&] { return parse(world.the(Part::Source).spec)["trigger"]["schedule"].asString(); };
  world.settle();
  CHECK(schedule() == "0 2 * * *");
  world.the(Part::Source).spec = R"({"sourcePVC":"data","trigger":{"schedule":"1 1 * * *"},"kopia":{}})";
  world.settle();
  CHECK(schedule() == "0 2 * * *");
  SECTION("another tier") {
    world.claim->pvc.labels["backup"] = "hourly";
    world.settle();
    CHECK(schedule() == "15 * * * *");
    world.claim->pvc.labels["backup"] = "daily";
    world.settle();
    CHECK(schedule() == "15 2 * * *");
  }
  SECTION("a schedule of the PVC's own") {
    world.claim->pvc.annotations[std::string(core::key::kSchedule)] = "5 5 * * *";
    world.settle();
    CHECK(schedule() == "5 5 * * *");
  }
  SECTION("a schedule in the settings") {
    world.options.backup.daily = "M 4 * * *";
    world.settle();
    CHECK(schedule() == "15 4 * * *");
  }
}

TEST_CASE(
    "a source whose movers have the repository elsewhere than ours keeps it while its Secret is not ours to write") {
  World world = beside_kyverno();
  world.options.adopt = Adopts::Predecessors;
  world.options.repository.kind = RepositoryOptions::Kind::Nfs;
  world.options.repository.server = "nas";
  CHECK(words(world.plan()) == Words{"adopt source", "adopt secret", "adopt destination"});
  world.options.secret.mode = SecretOptions::Mode::None;
  world.objects.erase(world.key(Part::Secret));
  CHECK(words(world.plan()) == Words{});
  CHECK(warned(world.plan(), "SecretElsewhere"));
  CHECK(held(world.plan(), "AdoptionWaits") != nullptr);
  SECTION("it is mounted where it was") { world.options.repository.mover_volumes = false; }
  SECTION("theirs mount it there too") {
    world.the(Part::Source).spec = R"({"sourcePVC":"data","kopia":{"username":"data","hostname":"media",
      "moverVolumes":[{"mountPath":"other"},{"mountPath":"repository","volumeSource":{"nfs":{"server":"nas","path":""}}}]}})";
  }
  SECTION("it is in a bucket") { world.options.repository.kind = RepositoryOptions::Kind::S3; }
  CHECK(words(world.plan()) == Words{"adopt source", "adopt destination"});
}

TEST_CASE("a Secret that movers of others read is not written, whether somebody asks for them or not") {
  World world = beside_kyverno();
  world.objects.erase(world.key(Part::Secret));
  SECTION("nobody has asked") {}
  SECTION("nobody has asked, and the PVC waits") {
    promise(*world.claim);
    world.claim->phase = core::Claim::Phase::Pending;
  }
  SECTION("no ExternalSecret makes it: it could not be given back") {
    world.options.adopt = Adopts::Predecessors;
    world.the(Part::Source).spec =
        R"({"sourcePVC":"data","kopia":{"username":"data","hostname":"media","repository":"volsync-data"}})";
    CHECK(warned(world.plan(), "SecretElsewhere"));
  }
  const auto all = words(world.plan());
  CHECK(std::ranges::find(all, "apply secret") == all.end());
  CHECK(std::ranges::find(all, "adopt source") == all.end());
}

TEST_CASE("of objects that are all somebody else's each is named") {
  World world = beside_kyverno();
  const auto foreign = [&](Part part) {
    return std::ranges::any_of(world.plan().holds,
                               [&](const Hold& hold) { return hold.part == part && hold.code == "ForeignObject"; });
  };
  CHECK((foreign(Part::Secret) && foreign(Part::Destination) && foreign(Part::Source)));
}

TEST_CASE("an image that others publish stays while their destination does") {
  World world = beside_kyverno();
  world.options.adopt = Adopts::Predecessors;
  world.the(Part::Destination).status.image = image("theirs");
  world.evidence = unknown();
  CHECK(words(world.plan()) == Words{});
  world.evidence = current({});
  CHECK(words(world.plan()) == Words{"image off", "adopt source", "adopt secret", "adopt destination"});
}

TEST_CASE("a source that reads a Secret of another name keeps it") {
  World world = adopting(Part::Source, R"({"sourcePVC":"data","kopia":{"username":"data","hostname":"media",
    "repository":"volsync-kopia-repository"}})");
  CHECK(words(world.plan()) == Words{"apply destination"});
  CHECK(warned(world.plan(), "SecretElsewhere"));
  world.options.secret.name = "volsync-kopia-repository";
  CHECK(words(world.plan()) == Words{"apply destination", "adopt source"});
}
