// Restores that are rehearsed: when one begins, what comes of it, and that nothing of it stays.
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kStart = "2026-03-01T11:30:00.5Z";
constexpr auto kWeek = std::chrono::hours{7 * 24};

/// A PVC with a backup and its ReplicationSource; the drill is due after a week.
World backed_up() {
  World world = bound();
  world.evidence = current({listed(kOwnSource, kSnapshot, kStart)});
  world.settle();
  REQUIRE(world.find(Part::Source) != nullptr);
  REQUIRE(world.find(Part::Drill) == nullptr);
  return world;
}

World drilling() {
  World world = backed_up();
  world.now += kWeek;
  world.settle();
  REQUIRE(world.find(Part::Drill) != nullptr);
  return world;
}

DrillMark mark(World& world) { return drill_mark(world.the(Part::Destination)); }

void request(World& world, std::string when) {
  world.the(Part::Source).meta.annotations[std::string(key::kDrillRequested)] = std::move(when);
}

/// Its mover has restored everything.
void finish(World& world, std::string logs = kCompleted) {
  world.finish(Part::Drill, "Successful", std::move(logs), image("drilled"));
}

}  // namespace

TEST_CASE("within a week of the first backup its restore is rehearsed, as it would be made") {
  World world = backed_up();
  CHECK(world.plan().look_again <= world.now + kWeek);
  world.now += kWeek;
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"apply drill"});
  CHECK(took(plan, RestoreStep::DrillStarted));
  const Object drill = actions<Apply>(plan)[0].object;
  CHECK(drill.name == "data-drill");
  const Json::Value& kopia = drill.body["spec"]["kopia"];
  CHECK(kopia["restoreAsOf"] == kStart);
  CHECK(kopia["username"] == "data-backup");
  CHECK(kopia["copyMethod"] == "Snapshot");
  CHECK(kopia["cleanupTempPVC"] == true);
  CHECK(drill.body["metadata"]["ownerReferences"][0]["uid"] == world.claim->uid);
}

TEST_CASE("what a drill proved is written down before it goes, and the next one comes a week later") {
  World world = drilling();
  CHECK(world.plan().drill.running);
  finish(world);
  const Plan over = world.plan();
  CHECK(words(over) == Words{"apply destination"});
  CHECK(took(over, RestoreStep::DrillVerified));
  for (const Action& action : over.actions) REQUIRE(world.carry_out(action));
  CHECK(words(world.plan()) == Words{"remove drill drill-done"});
  CHECK_FALSE(took(world.plan(), RestoreStep::DrillVerified));
  world.settle();
  CHECK(mark(world).verified == core::format_seconds(world.now));
  CHECK(mark(world).problem.empty());
  world.now += kWeek - 1s;
  CHECK(world.plan().actions.empty());
  world.now += 1s;
  CHECK(words(world.plan()) == Words{"apply drill"});
}

TEST_CASE("a drill that did not bring what the backup holds is told, and tried again a day later") {
  World world = drilling();
  SECTION("its mover has selected nothing") { finish(world, kNothingSelected); }
  SECTION("kopia counted less") { finish(world, counted(kFiles - 1)); }
  SECTION("its mover failed") {
    world.the(Part::Drill).status.mover_result = "Failed";
    world.the(Part::Drill).status.mover_logs = "wrong password";
  }
  SECTION("somebody has changed what it restores") {
    finish(world);
    Json::Value spec = parse(world.the(Part::Drill).spec);
    spec["kopia"].removeMember("username");
    world.the(Part::Drill).spec = holdfast::test::print(spec);
  }
  SECTION("it made no image") { world.finish(Part::Drill, "Successful", kCompleted, std::nullopt); }
  SECTION("its snapshot left the repository meanwhile") {
    finish(world);
    world.evidence = current({listed(kOwnSource, "1123456789abcdef0123456789abcdef", kStart)});
  }
  SECTION("it took too long") { world.now += world.options.overlong_sync; }
  const Plan over = world.plan();
  CHECK(took(over, RestoreStep::DrillFailed));
  CHECK_FALSE(took(over, RestoreStep::DrillVerified));
  world.settle();
  CHECK(world.find(Part::Drill) == nullptr);
  REQUIRE(warned(world.plan(), "DrillFailed"));
  CHECK(held(world.plan(), "DrillFailed")->message.find(mark(world).problem) != std::string::npos);
  CHECK(mark(world).verified.empty());
  world.now += 24h - 1s;
  CHECK(world.plan().actions.empty());
  world.now += 1s;
  world.evidence = current({listed(kOwnSource, kSnapshot, kStart)});
  world.settle();
  finish(world);
  world.settle();
  CHECK(world.plan().holds.empty());
  CHECK_FALSE(mark(world).verified.empty());
}

TEST_CASE("nothing counts as rehearsed by what was known of the repository before the drill was over") {
  World world = drilling();
  finish(world);
  world.evidence.asked = world.the(Part::Drill).end_seen;
  const Plan plan = world.plan();
  CHECK(plan.actions.empty());
  CHECK(plan.needs_evidence);
  CHECK(plan.drill.running);
  world.evidence.asked += 1ns;
  CHECK(took(world.plan(), RestoreStep::DrillVerified));
}

TEST_CASE("a drill that somebody asks for begins at once, and once") {
  World world = backed_up();
  if (GENERATE(false, true)) world.options.drill_every = 0ms;
  request(world, "2026-03-01T12:00:00Z");
  CHECK(words(world.plan()) == Words{"apply drill"});
  world.settle();
  finish(world);
  world.settle();
  CHECK(mark(world).made == "2026-03-01T12:00:00Z");
  CHECK(world.plan().actions.empty());
  request(world, "2026-03-01T12:00:01Z");
  CHECK(words(world.plan()) == Words{"apply drill"});
  request(world, "soon");
  CHECK(world.plan().actions.empty());
}

TEST_CASE("one PVC at a time, and never into what an earlier drill left") {
  World world = backed_up();
  world.now += kWeek;
  bool& obstacle = GENERATE(false, true) ? world.other_drill : world.drill_volume_left;
  obstacle = true;
  CHECK(world.plan().actions.empty());
  CHECK(world.plan().look_again <= world.now + 5min);
  request(world, "2026-03-08T12:00:00Z");
  CHECK(world.plan().look_again <= world.now + 5s);
  obstacle = false;
  CHECK(words(world.plan()) == Words{"apply drill"});
}

TEST_CASE("there is no drill without backups of a PVC that is there") {
  World world = backed_up();
  world.now += kWeek;
  SECTION("switched off") { world.options.drill_every = 0ms; }
  SECTION("while somebody has paused it") {
    Json::Value spec = parse(world.the(Part::Source).spec);
    spec["paused"] = true;
    world.the(Part::Source).spec = holdfast::test::print(spec);
    request(world, "2026-03-08T12:00:00Z");
    CHECK(words(world.plan()) == Words{"apply drill"});
    request(world, "");
  }
  SECTION("not bound") { world.claim->phase = core::Claim::Phase::Lost; }
  SECTION("without a complete backup") {
    world.evidence = current({});
    CHECK(held(world.plan(), "NothingToDrill") != nullptr);
  }
  SECTION("in another repository") {
    world.evidence.repository = core::RepositoryId::parse(kOtherRepositoryId);
    CHECK(warned(world.plan(), "RepositoryChanged"));
  }
  SECTION("while it is not known what there is") {
    world.evidence = unknown();
    CHECK(world.plan().needs_evidence);
  }
  SECTION("while its source is somebody else's") { world.the(Part::Source).meta.labels.clear(); }
  CHECK(words(world.plan()) == Words{});
}

TEST_CASE("a drill goes with its PVC, with the wish for it, and with the setting") {
  World world = drilling();
  SECTION("the PVC is gone") {
    world.claim.reset();
    CHECK(words(world.plan())[1] == "remove drill pvc-gone");
  }
  SECTION("it is no longer protected") {
    world.claim->pvc.labels.clear();
    CHECK(words(world.plan())[1] == "remove drill not-protected");
  }
  SECTION("another one of its name") {
    world.create_claim("uid-2");
    world.claim->phase = core::Claim::Phase::Bound;
    CHECK(words(world.plan())[1] == "remove drill owner-gone");
  }
  SECTION("its destination becomes somebody else's, who would not be told") {
    world.the(Part::Destination).meta.labels.clear();
    CHECK(words(world.plan()) == Words{"remove drill drill-done"});
    world.settle();
    CHECK(world.plan().actions.empty());
  }
  SECTION("drills are switched off") {
    world.options.drill_every = 0ms;
    CHECK(words(world.plan()) == Words{"remove drill drill-done"});
  }
}

TEST_CASE("somebody else's object under the name of a drill is left alone, and told") {
  World world = backed_up();
  world.put_foreign(Part::Drill);
  CHECK(world.plan().actions.empty());
  world.now += kWeek;
  CHECK(world.plan().actions.empty());
  CHECK(warned(world.plan(), "ForeignObject"));
}

TEST_CASE("that no drill has succeeded for two weeks is told") {
  World world = backed_up();
  world.settle();
  world.now += kWeek;
  world.settle();
  finish(world);
  world.settle();
  world.other_drill = true;
  world.now += 2 * kWeek - 1s;
  CHECK_FALSE(warned(world.plan(), "DrillOverdue"));
  world.now += 1s;
  CHECK(warned(world.plan(), "DrillOverdue"));
  world.options.drill_every = 0ms;
  CHECK_FALSE(warned(world.plan(), "DrillOverdue"));
}

TEST_CASE("a first drill that never comes is told, too") {
  World world = backed_up();
  world.other_drill = true;
  world.now += 2 * kWeek;
  world.settle();
  CHECK_FALSE(warned(world.plan(), "DrillOverdue"));  // it may be that drills begin only now
  world.now += 2 * kWeek;
  world.settle();
  CHECK(warned(world.plan(), "DrillOverdue"));
}

TEST_CASE("where drills begin with a version or a setting, none is due or overdue at once") {
  World world = bound();
  world.options.drill_every = 0ms;
  world.evidence = current({listed(kOwnSource, kSnapshot, kStart)});
  world.settle();
  CHECK(mark(world).ended.empty());
  world.now += 10 * kWeek;
  world.options.drill_every = kWeek;
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"apply destination"});
  CHECK_FALSE(warned(plan, "DrillOverdue"));
  world.settle();
  CHECK(world.plan().holds.empty());
  CHECK(world.find(Part::Drill) == nullptr);
  world.now += kWeek;
  CHECK(words(world.plan()) == Words{"apply drill"});
}
