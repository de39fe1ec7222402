#include <catch2/catch.hpp>

#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
namespace core = holdfast::core;

namespace {

constexpr const char* kOlder = "2026-02-27T02:00:00Z";

/// Bound and old enough, with a backup older than it.
World with_older_backups() {
  World world = bound();
  world.evidence = current({listed(kOwnSource, kSnapshot, kOlder)});
  world.settle();
  return world;
}

bool makes_source(const World& world) {
  for (const Apply& apply : actions<Apply>(world.plan())) {
    if (apply.object.part == Part::Source) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a PVC is backed up once it is Bound and old enough, and nothing older lies there") {
  World world = bound();
  CHECK(words(world.plan()) == Words{"apply destination", "apply source"});
  world.claim->phase = core::Claim::Phase::Pending;
  CHECK_FALSE(makes_source(world));
  CHECK(held(world.plan(), "NotBound"));
}

TEST_CASE("a young PVC is looked at again when it is old enough, also after the clock has stepped back") {
  World world = bound();
  world.claim->created = world.now - std::chrono::minutes{119};
  REQUIRE_FALSE(makes_source(world));
  CHECK(held(world.plan(), "TooYoung")->until == world.now + std::chrono::minutes{1});
  CHECK(world.plan().look_again == world.now + std::chrono::minutes{1});
  CHECK(held(world.plan(), "TooYoung")->message.find("the PVC must be 2h old, which is at") != std::string::npos);
  world.options.min_age = std::chrono::seconds{20};
  world.claim->created = world.now;
  CHECK(held(world.plan(), "TooYoung")->message.find("the PVC must be 20s old, which is at") != std::string::npos);
  world.options.min_age = std::chrono::hours{2};
  world.claim->created = world.now + std::chrono::hours{5};
  CHECK(held(world.plan(), "TooYoung")->until == world.now + std::chrono::hours{7});
  world.claim->created.reset();
  CHECK(held(world.plan(), "TooYoung"));
  CHECK_FALSE(makes_source(world));
}

TEST_CASE("no PVC is backed up under an identity that another one works under, whoever releases it") {
  World world = bound();
  world.ownership.source_says(core::parse_identity(kOwnSource).value(), {"media", "photos"});
  world.claim->pvc.annotations["holdfast.dev/accept-older-backups"] = "compared";
  CHECK_FALSE(makes_source(world));
  REQUIRE(warned(world.plan(), "IdentityTaken"));
  CHECK(held(world.plan(), "IdentityTaken")->message.find("where the backups of media/photos lie") !=
        std::string::npos);
  world.ownership = {};
  CHECK(makes_source(world));
}

TEST_CASE("what only the memory says to be another PVC's is left alone as long as there are backups") {
  World world = bound();
  core::OwnerTable table;
  table.add(core::parse_identity(kOwnSource).value(), {"media", "photos"});
  world.ownership.add(std::make_shared<const core::OwnerTable>(table));
  CHECK(makes_source(world));
  world.evidence = current({listed(kOwnSource, kSnapshot, kOlder)});
  CHECK_FALSE(makes_source(world));
  CHECK(warned(world.plan(), "IdentityTaken"));
}

TEST_CASE("a source that backs up another PVC is left to that, under whatever name it stands") {
  World world = bound();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Source, "kyverno").spec =
      R"({"sourcePVC":"photos","kopia":{"username":"data-backup","hostname":"media"}})";
  world.ownership.source_says(core::parse_identity(kOwnSource).value(), {"media", "photos"});
  CHECK_FALSE(makes_source(world));
  CHECK(warned(world.plan(), "ForeignObject"));
}

TEST_CASE("two sources that work under one identity go on, and it is said") {
  World world = bound();
  world.settle();
  REQUIRE_FALSE(warned(world.plan(), "IdentityTaken"));
  world.ownership.source_says(core::parse_identity(kOwnSource).value(), {"media", "photos"});
  CHECK(warned(world.plan(), "IdentityTaken"));
  CHECK(words(world.plan()).empty());
}

TEST_CASE("backups older than the PVC that were not restored into it hold it, and the way out is told") {
  World world = with_older_backups();
  const Plan plan = world.plan();
  CHECK(plan.actions.empty());
  REQUIRE(warned(plan, "BackupsNotRestored"));
  const std::string& said = held(plan, "BackupsNotRestored")->message;
  for (const char* part : {kOwnSource, "2026-02-27T02:00:00Z", "holdfast.dev/accept-older-backups",
                           "volsync.backup/skip-restore-reason"}) {
    CHECK(said.find(part) != std::string::npos);
  }
  CHECK(said.size() <= 1024);
}

TEST_CASE("older backups that are known to be another PVC's hold nothing") {
  World world = with_older_backups();
  world.evidence = current({listed("data@media:/data", kSnapshot, "2026-02-27T02:00:00Z")});
  CHECK_FALSE(makes_source(world));
  world.ownership.source_says({"data", "media", "/data"}, {"media", "other"});
  CHECK(makes_source(world));
}

TEST_CASE("a person may release a PVC with older backups, with a reason") {
  World world = with_older_backups();
  auto& annotations = world.claim->pvc.annotations;
  annotations["holdfast.dev/accept-older-backups"] = " ";
  CHECK_FALSE(makes_source(world));
  annotations["holdfast.dev/accept-older-backups"] = "the data was copied by hand";
  CHECK(makes_source(world));
  annotations.clear();
  annotations["volsync.backup/skip-restore"] = "true";
  CHECK_FALSE(makes_source(world));
  annotations["volsync.backup/skip-restore-reason"] = "a new start";
  CHECK(makes_source(world));
}

TEST_CASE("a backup that began in the second of the PVC's creation counts as older, one after it as its own") {
  World world = with_older_backups();
  world.claim->created = at("2026-03-01T06:00:00Z");
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-03-01T06:00:00.9Z")});
  CHECK_FALSE(makes_source(world));
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-03-01T06:00:01Z")});
  CHECK(makes_source(world));
}

TEST_CASE("older backups count under every place that the PVC's backups may have") {
  World world = with_older_backups();
  world.policy.identities = {*core::IdentityTemplate::parse("{pvc}-backup@{namespace}:/data"),
                             *core::IdentityTemplate::parse("{pvc}@{namespace}:/data")};
  world.evidence = current({listed("data@media:/data", kSnapshot, kOlder)});
  CHECK_FALSE(makes_source(world));
  world.evidence = current({listed("other@media:/data", kSnapshot, kOlder)});
  CHECK(makes_source(world));
}

TEST_CASE("without current evidence of the pinned repository nothing is set up") {
  World world = bound();
  world.settle();
  world.objects.erase(world.key(Part::Source));
  SECTION("unknown") {
    world.evidence = unknown();
    CHECK(held(world.plan(), "EvidenceUnknown"));
    CHECK(world.plan().needs_evidence);
  }
  SECTION("another repository") {
    world.evidence.repository = core::RepositoryId::parse(kOtherRepositoryId);
    CHECK(warned(world.plan(), "RepositoryChanged"));
  }
  SECTION("its identity could not be read") {
    world.evidence.repository.reset();
    CHECK(held(world.plan(), "EvidenceUnknown"));
  }
  SECTION("not pinned: that it is empty proves nothing") {
    world.policy.pin = core::Unpinned{};
    REQUIRE(warned(world.plan(), "RepositoryUnpinned"));
    CHECK(held(world.plan(), "RepositoryUnpinned")->message.find(kRepositoryId) != std::string::npos);
  }
  CHECK_FALSE(makes_source(world));
}

TEST_CASE("evidence that nobody has asked for yet is asked for") {
  World world = bound();
  View view = world.view();
  view.evidence = nullptr;
  const Plan plan = make_plan(view, world.policy, world.options, world.now);
  CHECK(plan.needs_evidence);
  CHECK(words(plan) == Words{"apply destination"});
}

TEST_CASE("a restored PVC is backed up although older backups exist, because they are in it") {
  World world = restored_whole();
  world.settle();
  REQUIRE(world.populate());
  world.now += std::chrono::hours{3};
  world.settle();
  CHECK(world.find(Part::Source) != nullptr);
}

TEST_CASE("a PVC that was promised a restore and never seen restored is not backed up until a person accepts it") {
  World world = bound();
  promise(*world.claim);
  world.settle();
  CHECK_FALSE(makes_source(world));
  REQUIRE(warned(world.plan(), "RestoreNotVerified"));
  CHECK(held(world.plan(), "RestoreNotVerified")->message.find("accept-older-backups") != std::string::npos);
  world.the(Part::Destination).meta.annotations[std::string(key::kVerified)] = "uid-0/" + std::string(kSnapshot);
  CHECK_FALSE(makes_source(world));
  world.the(Part::Destination).meta.annotations[std::string(key::kVerified)] = "uid-1/" + std::string(kSnapshot);
  CHECK(makes_source(world));
  world.the(Part::Destination).meta.annotations.erase(std::string(key::kVerified));
  world.claim->pvc.annotations["holdfast.dev/accept-older-backups"] = "compared by hand";
  CHECK(makes_source(world));
}

TEST_CASE("one promise annotation alone is a promise that was not kept") {
  for (const auto key : core::kPromiseKeys) {
    World world = bound();
    world.claim->pvc.annotations[std::string(key)] = "";
    CHECK_FALSE(makes_source(world));
  }
}

TEST_CASE("a restore of another PVC's backup does not push this one's older backups out") {
  World world = bound();
  world.evidence = current({listed("other-backup@media:/data", kSnapshot, kSnapshotStart),
                            listed(kOwnSource, std::string(32, 'b'), kOlder)});
  promise(*world.claim, kSnapshot, kSnapshotStart, "other-backup@media:/data");
  world.settle();
  world.the(Part::Destination).meta.annotations[std::string(key::kVerified)] = "uid-1/" + std::string(kSnapshot);
  CHECK_FALSE(makes_source(world));
  CHECK(held(world.plan(), "BackupsNotRestored"));
}

TEST_CASE("a changed tier reaches the source, but never while it synchronises") {
  World world = bound();
  world.settle();
  world.claim->pvc.labels["backup"] = "hourly";
  world.the(Part::Source).status.synchronizing = true;
  CHECK_FALSE(makes_source(world));
  REQUIRE(held(world.plan(), "Synchronizing"));
  CHECK_FALSE(held(world.plan(), "Synchronizing")->warning);
  world.the(Part::Source).status.synchronizing = false;
  world.the(Part::Source).status.sync_started = world.now;
  CHECK_FALSE(makes_source(world));
  world.the(Part::Source).status.sync_started.reset();
  CHECK(words(world.plan()) == Words{"apply source"});
}

TEST_CASE("a source is only changed as it was seen: a synchronisation that begins in that moment is left alone") {
  World world = bound();
  world.settle();
  world.claim->pvc.labels["backup"] = "hourly";
  world.the(Part::Source).meta.resource_version = "42";
  world.the(Part::Destination).spec = "{}";
  const auto writes = actions<Apply>(world.plan());
  REQUIRE(writes.size() == 2);
  CHECK(writes[0].object.part == Part::Destination);
  CHECK(writes[0].resource_version.empty());
  CHECK(writes[1].object.part == Part::Source);
  CHECK(writes[1].resource_version == "42");
}

TEST_CASE("what is backed up already goes on, whatever is known of the repository") {
  World world = bound();
  world.settle();
  world.evidence = unknown();
  CHECK(world.plan().actions.empty());
  CHECK_FALSE(world.plan().needs_evidence);
}

TEST_CASE("a setting that cannot be read is told, and the rest goes on") {
  World world = bound();
  world.claim->pvc.annotations[std::string(key::kParallelism)] = "many";
  CHECK(warned(world.plan(), "InvalidAnnotation"));
  CHECK(makes_source(world));
}

TEST_CASE("a PVC stays under the identity that its backups have") {
  World world = bound();
  world.policy.identities = {*core::IdentityTemplate::parse("{pvc}-backup@{namespace}:/data"),
                             *core::IdentityTemplate::parse("{pvc}@{namespace}:/data")};
  const auto user = [&] { return parse(world.the(Part::Source).spec)["kopia"]["username"].asString(); };
  SECTION("the source's own comes first") {
    world.settle();
    CHECK(user() == "data-backup");
    world.evidence = current({listed("data@media:/data", kSnapshot, "2026-03-01T11:00:00Z")});
    CHECK(world.plan().actions.empty());
  }
  SECTION("then the promise's") {
    promise(*world.claim, kSnapshot, kSnapshotStart, "data@media:/data");
    world.claim->pvc.annotations["holdfast.dev/accept-older-backups"] = "seen";
    world.settle();
    CHECK(user() == "data");
  }
  SECTION("then where complete backups lie") {
    world.evidence = current({listed("data@media:/data", kSnapshot, "2026-03-01T11:00:00Z")});
    world.settle();
    CHECK(user() == "data");
    CHECK(parse(world.the(Part::Destination).spec)["kopia"]["username"] == "data");
  }
  SECTION("never one that is not its own") {
    world.policy.identities = {*core::IdentityTemplate::parse("{namespace}-{pvc}@host:/data")};
    world.settle();
    CHECK(user() == "media-data");
    world.policy.identities = {*core::IdentityTemplate::parse("{namespace}.{pvc}@host:/data")};
    world.settle();
    CHECK(user() == "media.data");
  }
}

TEST_CASE("an off-site backup follows the conditions of the first") {
  World world = with_older_backups();
  world.options.offsite.enabled = true;
  world.options.offsite.repository = "s3:https://host/bucket";
  world.claim->pvc.annotations[std::string(key::kOffsite)] = "true";
  CHECK(words(world.plan()) == Words{"apply offsite-secret"});
  world.evidence = current({});
  world.settle();
  CHECK(world.find(Part::OffsiteSource) != nullptr);
  world.claim->pvc.annotations.erase(std::string(key::kOffsite));
  CHECK(words(world.plan()) == Words{"remove offsite-source not-protected", "remove offsite-secret not-protected"});
}

namespace {

/// Restored by what was there before holdfast, at noon of the day before, and backed up since.
World restored_before_us() {
  World world = bound();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Source, "kyverno").spec = R"({"sourcePVC":"data","kopia":{}})";
  world.claim->created = world.now - std::chrono::hours{24};
  world.claim->pvc.data_source_ref = {std::string(core::kVolSyncGroup), std::string(core::kDestinationKind),
                                      "data-backup", ""};
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-02-20T02:00:00Z"),
                            listed(kOwnSource, "1123456789abcdef0123456789abcdef", "2026-02-28T14:00:00Z")});
  return world;
}

}  // namespace

TEST_CASE("a PVC that was restored before holdfast came, and backed up since, goes on being backed up") {
  World world = restored_before_us();
  CHECK(makes_source(world));
  SECTION("it was not backed up since") {
    world.evidence = current({listed(kOwnSource, kSnapshot, "2026-02-20T02:00:00Z")});
  }
  SECTION("nothing backs it up any more") { world.objects.clear(); }
  SECTION("it was filled from nothing") { world.claim->pvc.data_source_ref.reset(); }
  SECTION("it was filled from another destination") { world.claim->pvc.data_source_ref->name = "films-backup"; }
  SECTION("it was filled from elsewhere") { world.claim->pvc.data_source_ref->ns = "films"; }
  SECTION("older backups lie in another of its places, where nothing was made since") {
    world.evidence = current({listed("data@media:/data", kSnapshot, "2026-02-20T02:00:00Z"),
                              listed(kOwnSource, "1123456789abcdef0123456789abcdef", "2026-02-28T14:00:00Z")});
  }
  CHECK_FALSE(makes_source(world));
  CHECK(warned(world.plan(), "BackupsNotRestored"));
}

TEST_CASE("somebody accepts the older backups of all PVCs of a namespace that there were at a time") {
  World world = bound();
  world.claim->created = world.now - std::chrono::hours{24};
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-02-20T02:00:00Z")});
  REQUIRE(warned(world.plan(), "BackupsNotRestored"));
  world.older_backups_accepted = *world.claim->created - std::chrono::seconds{1};
  CHECK(warned(world.plan(), "BackupsNotRestored"));
  world.older_backups_accepted = world.claim->created;
  CHECK(makes_source(world));
  world.policy.pin = core::Unpinned{};
  CHECK(warned(world.plan(), "RepositoryUnpinned"));
  world.older_backups_accepted = world.now + std::chrono::hours{1};  // whoever comes until then is not known yet
  CHECK(warned(world.plan(), "BackupsNotRestored"));
}
