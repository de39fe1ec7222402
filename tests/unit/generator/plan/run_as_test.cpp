#include "holdfast/volsync/run_as.hpp"

#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Are = Users::Are;
using Kind = RepositoryOptions::Kind;

namespace {

RepositoryOptions of(Kind kind) {
  RepositoryOptions repository;
  repository.kind = kind;
  return repository;
}
RepositoryOptions bucket() { return of(Kind::S3); }
RepositoryOptions files() { return of(Kind::Nfs); }

SecurityContext automatic(std::optional<std::int64_t> below = std::nullopt) {
  SecurityContext context;
  context.automatic = true;
  context.run_as_user = context.run_as_group = context.fs_group = below;
  return context;
}

core::Snapshot snapshot(std::optional<std::uint32_t> uid, std::optional<std::uint32_t> gid) {
  core::Snapshot one;
  one.uid = uid;
  one.gid = gid;
  return one;
}

World automatic_world() {
  World world = bound();
  world.options.pod_insight = true;
  world.options.repository = bucket();
  world.options.backup.security_context = automatic(65532);
  return world;
}

Json::Value context_of(World& world, Part part = Part::Source) {
  return parse(world.the(part).spec)["kopia"]["moverSecurityContext"];
}

Json::Value ids(std::int64_t user, std::int64_t group, std::int64_t fs_group) {
  Json::Value value;
  value["runAsUser"] = Json::Int64(user);
  value["runAsGroup"] = Json::Int64(group);
  value["fsGroup"] = Json::Int64(fs_group);
  return value;
}

}  // namespace

TEST_CASE("a context that is not automatic stays as it is") {
  SecurityContext fixed = full_security_context();
  CHECK(run_as(fixed, {1, 2, 3}, bucket()) == fixed);
}

TEST_CASE("what was found goes over what the settings say, and what was not leaves it") {
  const auto context = run_as(automatic(65532), {568, 569, 570}, bucket());
  CHECK_FALSE(context.automatic);
  CHECK(context.run_as_user == 568);
  CHECK(context.run_as_group == 569);
  CHECK(context.fs_group == 570);
  CHECK(run_as(automatic(65532), {}, bucket()).run_as_user == 65532);
  CHECK(run_as(automatic(65532), {}, bucket()).fs_group == 65532);
  CHECK(run_as(automatic(), {}, bucket()).empty());
}

TEST_CASE("nobody is made root") {
  const auto context = run_as(automatic(65532), {0, 0, 0}, bucket());
  CHECK(context.run_as_user == 65532);
  CHECK_FALSE(run_as(automatic(), {0, 0, 0}, bucket()).run_as_user);
}

TEST_CASE("an owner of the files gives them to no group, unless pods do so too") {
  CHECK_FALSE(run_as(automatic(65532), {568, 568, {}}, bucket()).fs_group);
  CHECK(run_as(automatic(65532), {568, 568, 570}, bucket()).fs_group == 570);
}

TEST_CASE("on a file system all movers stay one user, unless the server makes one of all") {
  const auto context = run_as(automatic(65532), {568, 569, 570}, files());
  CHECK(context.run_as_user == 65532);
  CHECK(context.run_as_group == 569);
  CHECK(context.fs_group == 570);
  RepositoryOptions squashed = files();
  squashed.all_squash = true;
  CHECK(run_as(automatic(65532), {568, 569, 570}, squashed).run_as_user == 568);
  CHECK(run_as(automatic(65532), {568, 569, 570}, RepositoryOptions{}).run_as_user == 65532);
  // The claim of the repository is a volume of the mover.
  const auto claim = run_as(automatic(65532), {568, 569, 570}, of(Kind::Pvc));
  CHECK(claim.run_as_user == 65532);
  CHECK(claim.fs_group == 65532);
}

TEST_CASE("a cache on a volume of its own is given to a group in any case") {
  BackupLayer settings;
  settings.security_context = automatic();
  take_ids(settings, {568, 569, {}}, bucket());
  CHECK_FALSE(settings.security_context->fs_group);
  settings.security_context = automatic();
  settings.storage_class = "fast";  // of temporary volumes
  take_ids(settings, {568, 569, {}}, bucket());
  CHECK_FALSE(settings.security_context->fs_group);
  settings.security_context = automatic();
  take_ids(settings, {568, 569, {}}, bucket(), true);
  CHECK(settings.security_context->fs_group == 569);
  settings.security_context = automatic();
  settings.cache_storage_class = "fast";
  take_ids(settings, {568, 569, {}}, bucket());
  CHECK(settings.security_context->fs_group == 569);
}

TEST_CASE("the owner of a snapshot's root is known where kopia has recorded it") {
  CHECK(owner_of_root(snapshot(568, 569)) == core::RunsAs{568, 569, 569});
  CHECK(owner_of_root(snapshot(568, std::nullopt)) == core::RunsAs{568, 0, 0});
  CHECK(owner_of_root(snapshot(std::nullopt, 569)) == core::RunsAs{{}, 569, 569});
  CHECK(owner_of_root(snapshot(0, 0)) == core::RunsAs{});
  CHECK(owner_of_root(snapshot(std::nullopt, std::nullopt)) == core::RunsAs{});
}

TEST_CASE("users are written and read again") {
  for (const core::RunsAs& as : {core::RunsAs{}, core::RunsAs{568, {}, 570}, core::RunsAs{0, 0, 0}}) {
    CHECK(read_runs_as(to_text(as)) == as);
  }
  for (const char* text : {"", "568", "568:568", "a:b:c", "1:2:3:4", "-1::"}) {
    INFO(text);
    CHECK(read_runs_as(text) == core::RunsAs{});
  }
}

TEST_CASE("a restore runs as the owner of the snapshot's root") {
  World world = promised();
  core::ListedSnapshot owned = listed(kOwnSource, kSnapshot, kSnapshotStart);
  owned.uid = 568;
  owned.gid = 569;
  world.evidence = current({owned});
  world.options.repository = bucket();
  SECTION("where the setting says auto") {
    world.options.backup.security_context = automatic(65532);
    world.settle();
    CHECK(context_of(world, Part::RestoreRun) == ids(568, 569, 569));
    CHECK(context_of(world, Part::Destination) == ids(65532, 65532, 65532));
  }
  SECTION("where the PVC does") {
    world.claim->pvc.annotations[std::string(key::kRunAs)] = "auto";
    world.settle();
    CHECK(context_of(world, Part::RestoreRun) == ids(568, 569, 569));
    CHECK(context_of(world, Part::Destination).isNull());
  }
  SECTION("not where the PVC says otherwise") {
    world.options.backup.security_context = automatic(65532);
    world.claim->pvc.annotations[std::string(key::kRunAs)] = "1000:1001";
    world.settle();
    CHECK(context_of(world, Part::RestoreRun) == ids(1000, 1001, 1001));
  }
}

TEST_CASE("a backup runs as the pods that use the PVC, and goes on so while there are none") {
  World world = automatic_world();
  world.users = {Are::Alike, {568, 569, 570}};
  world.settle();
  CHECK(context_of(world) == ids(568, 569, 570));
  const auto none = GENERATE(Are::None, Are::Unknown);
  world.users = {none, {}};
  CHECK(world.plan().actions.empty());
  world.users = {Are::Alike, {1000, 1000, 1000}};
  world.settle();
  CHECK(context_of(world) == ids(1000, 1000, 1000));
}

TEST_CASE("without pods that say so a backup runs as the settings say") {
  World world = automatic_world();
  world.users = {Are::None, {}};
  world.settle();
  CHECK(context_of(world) == ids(65532, 65532, 65532));
  CHECK(held(world.plan(), "RunAsUnclear") == nullptr);
}

TEST_CASE("users that disagree, are root or do not say change nobody, and it is said") {
  const auto users = GENERATE(Users{Are::Different, {}}, Users{Are::Alike, {0, 0, {}}}, Users{Are::Alike, {}});
  World world = automatic_world();
  world.users = users;
  world.settle();
  CHECK(context_of(world)["runAsUser"] == 65532);
  REQUIRE(held(world.plan(), "RunAsUnclear") != nullptr);
  CHECK_FALSE(warned(world.plan(), "RunAsUnclear"));
}

TEST_CASE("pods count for nobody who does not ask for them, and not without the right to see them") {
  World world = automatic_world();
  world.users = {Are::Alike, {568, 569, 570}};
  SECTION("no insight") { world.options.pod_insight = false; }
  SECTION("not automatic") { world.options.backup.security_context->automatic = false; }
  world.settle();
  CHECK(context_of(world) == ids(65532, 65532, 65532));
}

TEST_CASE("a namespace gives its movers root in whatever case it says so") {
  CHECK(gives_privileges("true"));
  CHECK(gives_privileges("True"));
  CHECK_FALSE(gives_privileges(""));
  CHECK_FALSE(gives_privileges("trues"));
  CHECK_FALSE(gives_privileges("false"));
}
