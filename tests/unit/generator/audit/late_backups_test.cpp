// Backups that should have been made by now.
#include "holdfast/generator/audit.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using std::chrono::hours;

namespace {

/// The reasons by what was read of the repository `later` than noon.
std::vector<std::string> reasons(World world, std::chrono::nanoseconds later) {
  world.now += later;
  world.evidence.checked_at = world.now;
  const View view = world.view();
  std::vector<std::string> found;
  for (const Gap& gap : audit_item(view, world.plan(), {}, world.policy).gaps) found.push_back(gap.reason);
  return found;
}
using Reasons = std::vector<std::string>;

/// Backed up last at noon, five seconds past.
World backed_up(const char* tier) {
  World world = bound();
  world.claim->pvc.labels["backup"] = tier;
  world.settle();
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-03-01T12:00:00Z")});
  return world;
}

}  // namespace

TEST_CASE("how old the newest backup may become goes by its schedule") {
  CHECK(overdue_after("7 * * * *") == hours{3});
  CHECK(overdue_after("@hourly") == hours{3});
  CHECK(overdue_after("7 */6 * * *") == hours{13});
  CHECK(overdue_after("7 2 * * *") == hours{50});
  CHECK(overdue_after("7 2 * * 0") == hours{14 * 24 + 14});
  CHECK(overdue_after("@yearly") > hours{24 * 366});
}

TEST_CASE("a newest backup that is older than its schedule allows is a gap") {
  const auto [tier, allowed] = GENERATE(table<const char*, int>({{"hourly", 3}, {"daily", 50}}));
  const World world = backed_up(tier);
  CHECK(reasons(world, hours{allowed}) == Reasons{});
  CHECK(reasons(world, hours{allowed} + std::chrono::minutes{1}) == Reasons{"BackupOverdue"});
}

TEST_CASE("a PVC with a schedule of its own is late by that one") {
  World world = bound();
  world.options.drill_every = std::chrono::milliseconds{0};
  world.claim->pvc.annotations[std::string(key::kSchedule)] = "M 2 * * 0";
  world.settle();
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-03-01T12:00:00Z")});
  CHECK(reasons(world, hours{14 * 24}) == Reasons{});
  CHECK(reasons(world, hours{15 * 24}) == Reasons{"BackupOverdue"});
}

TEST_CASE("an old backup is not late where its ReplicationSource is new, or somebody has stopped it") {
  World world = backed_up("hourly");
  SECTION("new") { world.the(Part::Source).meta.created = world.now + hours{9}; }
  SECTION("stopped") {
    Json::Value spec = parse(world.the(Part::Source).spec);
    spec["paused"] = true;
    world.the(Part::Source).spec = holdfast::test::print(spec);
  }
  const auto found = reasons(world, hours{10});
  CHECK(std::find(found.begin(), found.end(), "BackupOverdue") == found.end());
}

TEST_CASE("nothing is late where the repository cannot be read") {
  World world = backed_up("hourly");
  world.evidence = unknown();
  CHECK(reasons(world, hours{100}) == Reasons{});
}

TEST_CASE("a PVC that never gets a ReplicationSource has no first backup in time either") {
  World world = bound();
  world.known[Part::Source] = Known::NotYet;
  CHECK(reasons(world, hours{20}) == Reasons{"ObjectMissing"});
  const Reasons late = reasons(world, hours{22});
  CHECK(std::find(late.begin(), late.end(), "NoFirstBackup") != late.end());
  world.options.min_age = hours{100};
  world.known.clear();
  CHECK(reasons(world, hours{22}) == Reasons{"ObjectMissing"});
}

TEST_CASE("a backup that goes on failing is said to fail, although VolSync is at it all the time") {
  World world = backed_up("daily");
  world.the(Part::Source).status.sync_started = world.now;
  world.the(Part::Source).status.mover_result = "Failed";
  CHECK(reasons(world, hours{1}) == Reasons{"BackupFailed"});
}
