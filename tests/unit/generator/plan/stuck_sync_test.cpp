// Plans for backups and restores that do not get on: what VolSync was told is corrected, and never while it works.
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

Mover mover(std::optional<core::Time> idle_since, std::int64_t failed = 0) {
  Mover mover;
  mover.job = "volsync-src-data-backup";
  mover.failed = failed;
  mover.backoff_limit = 8;
  mover.idle_since = idle_since;
  return mover;
}

/// While VolSync works on this part: only what else changes does.
void run_movers_as_another(World& world, Part part) {
  world.the(part).status.sync_started = world.now;
  world.options.backup.security_context.emplace().run_as_user = 568;
  world.movers[part] = mover({});
  world.settle();
  world.movers.clear();
}

/// In the middle of a backup, which it was told to make as another user than it should be now.
World told_wrong() {
  World world = bound();
  world.settle();
  run_movers_as_another(world, Part::Source);
  return world;
}

/// The same of a restore.
World restoring_wrong() {
  World world = promised();
  world.settle();
  run_movers_as_another(world, Part::RestoreRun);
  return world;
}

std::int64_t user_of(World& world, Part part) {
  return parse(world.the(part).spec)["kopia"]["moverSecurityContext"]["runAsUser"].asInt64();
}

}  // namespace

TEST_CASE("a backup that works is not told otherwise meanwhile") {
  World world = told_wrong();
  world.movers[Part::Source] = mover({});
  CHECK(words(world.plan()).empty());
  REQUIRE(held(world.plan(), "Synchronizing"));
  CHECK(held(world.plan(), "Synchronizing")->until == world.now + 6h);
}

TEST_CASE("a backup that fails gets what it should be told, after a last look at its Job") {
  World world = told_wrong();
  SECTION("its pods fail") { world.movers[Part::Source] = mover(world.now, 2); }
  SECTION("its Job has failed") {
    world.the(Part::Source).status.mover_result = "Failed";
    world.movers[Part::Source] = mover(world.now);
  }
  SECTION("it has no pod") { world.movers[Part::Source] = mover(world.now - 10min); }
  SECTION("it has no Job") {
    world.the(Part::Source).status.error = "secrets \"volsync-data\" not found";
    world.the(Part::Source).status.error_since = world.now;
  }
  const Plan plan = world.plan();
  REQUIRE(words(plan) == Words{"apply source"});
  const Apply change = actions<Apply>(plan)[0];
  CHECK(change.idle_job == "volsync-src-data-backup");
  CHECK(change.resource_version == world.the(Part::Source).meta.resource_version);
  REQUIRE(world.carry_out(change));
  CHECK(user_of(world, Part::Source) == 568);
  CHECK(words(world.plan()).empty());
}

TEST_CASE("a changed tier arrives at a backup that fails") {
  World world = told_wrong();
  world.movers[Part::Source] = mover(world.now, 1);
  world.settle();
  world.claim->pvc.labels["backup"] = "hourly";
  world.settle();
  CHECK_THAT(parse(world.the(Part::Source).spec)["trigger"]["schedule"].asString(), Contains(" * * * *"));
}

TEST_CASE("a backup that hangs for longer than any should is told otherwise, whatever its Job does") {
  World world = told_wrong();
  world.movers[Part::Source] = mover({});
  world.now += 6h;
  const Plan plan = world.plan();
  REQUIRE(words(plan) == Words{"apply source"});
  CHECK(actions<Apply>(plan)[0].idle_job.empty());
}

TEST_CASE("nothing is changed by what is not known of Jobs") {
  World world = told_wrong();
  world.the(Part::Source).status.mover_result = "Failed";
  world.movers_known = false;
  CHECK(words(world.plan()).empty());
  CHECK(world.plan().look_again == world.now + 1min);
}

TEST_CASE("a restore that works is not told otherwise meanwhile") {
  World world = restoring_wrong();
  world.movers[Part::RestoreRun] = mover({});
  CHECK(words(world.plan()).empty());
  CHECK(world.plan().look_again == world.now + 6h);
  CHECK_FALSE(world.plan().needs_evidence);
}

TEST_CASE("a restore with which VolSync has not begun is waited for, and the repository is not read for it") {
  World world = restoring_wrong();
  world.the(Part::RestoreRun).status.sync_started.reset();
  world.evidence = unknown();
  const Plan plan = world.plan();
  CHECK(plan.restore.stage == Restore::Stage::Running);
  CHECK(words(plan).empty());
  CHECK_FALSE(plan.needs_evidence);
}

TEST_CASE("a restore that does not get on begins again as it should, as another attempt") {
  World world = restoring_wrong();
  const std::string before = world.run_token();
  SECTION("its pods fail") { world.movers[Part::RestoreRun] = mover(world.now, 2); }
  SECTION("its Job has failed") { world.the(Part::RestoreRun).status.mover_result = "Failed"; }
  SECTION("it has no pod") { world.movers[Part::RestoreRun] = mover(world.now - 10min); }
  const Plan plan = world.plan();
  REQUIRE(words(plan) == Words{"apply run"});
  CHECK(took(plan, RestoreStep::Started));
  CHECK(actions<Apply>(plan)[0].idle_job == "volsync-dst-data-restore");
  CHECK(actions<Apply>(plan)[0].resource_version == world.the(Part::RestoreRun).meta.resource_version);
  world.settle();
  CHECK(user_of(world, Part::RestoreRun) == 568);
  CHECK(world.run_token() != before);
  CHECK(world.run_token().ends_with("-2"));
  CHECK(world.stage().attempt == 2);
}

TEST_CASE("a restore that does not get on and is told what it should be stays as it is") {
  World world = promised();
  world.settle();
  world.the(Part::RestoreRun).status.sync_started = world.now;
  world.the(Part::RestoreRun).status.mover_result = "Failed";
  CHECK(words(world.plan()).empty());
  world.movers[Part::RestoreRun] = mover(world.now, 3);
  CHECK(words(world.plan()).empty());
}

TEST_CASE("a restore that does not get on waits for what the repository says before it begins again") {
  World world = restoring_wrong();
  world.the(Part::RestoreRun).status.mover_result = "Failed";
  world.evidence = unknown();
  CHECK(words(world.plan()).empty());
  CHECK(world.plan().needs_evidence);
}

TEST_CASE("an old ReplicationSource that fails is removed, and one that works stays until it is done") {
  World world = bound();
  world.settle();
  core::Observed old = world.the(Part::Source);
  old.meta.name = "data";
  old.meta.uid = "old";
  old.status.sync_started = world.now;
  world.strays.emplace_back(Part::Source, old);
  world.stray_movers["data"] = mover({}, 1);
  CHECK(words(world.plan()).empty());
  REQUIRE(held(world.plan(), "Synchronizing"));
  world.stray_movers["data"].idle_since = world.now;
  const Plan plan = world.plan();
  REQUIRE(words(plan) == Words{"remove source renamed"});
  CHECK(actions<Remove>(plan)[0].idle_job == "volsync-src-data");
}

TEST_CASE("an off-site backup that nobody asks for any more goes when it works no more") {
  World world = bound();
  world.options.offsite.enabled = true;
  world.claim->pvc.annotations[std::string(key::kOffsite)] = "true";
  world.settle();
  world.claim->pvc.annotations.clear();
  world.the(Part::OffsiteSource).status.sync_started = world.now;
  world.movers[Part::OffsiteSource] = mover({});
  CHECK(words(world.plan()) == Words{"remove offsite-secret not-protected"});
  REQUIRE(held(world.plan(), "Synchronizing"));
  world.movers[Part::OffsiteSource] = mover(world.now, 1);
  CHECK(words(world.plan()) == Words{"remove offsite-source not-protected", "remove offsite-secret not-protected"});
}
