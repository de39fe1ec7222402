// What a plan says of movers that do not get on.
#include "holdfast/generator/audit.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

Mover mover(std::int64_t failed) {
  Mover mover;
  mover.job = "volsync-src-data-backup";
  mover.failed = failed;
  mover.backoff_limit = 8;
  return mover;
}

World backing_up() {
  World world = bound();
  world.settle();
  return world;
}

bool is_gap(const World& world) {
  const View view = world.view();
  return audit_item(view, make_plan(view, world.policy, world.options, world.now), {}, world.policy).gap;
}

}  // namespace

TEST_CASE("a backup whose mover has failed is said with its first failed pod") {
  World world = backing_up();
  CHECK_FALSE(is_gap(world));
  world.movers[Part::Source] = mover(1);
  const Plan plan = world.plan();
  REQUIRE(warned(plan, "MoverFailing"));
  CHECK(held(plan, "MoverFailing")->message ==
        "a backup goes on failing: the mover has failed once (of 9 tries), VolSync tries again by itself; look at: "
        "kubectl -n media logs job/volsync-src-data-backup");
  CHECK(is_gap(world));
  CHECK(plan.actions.empty());
}

TEST_CASE("a restore whose mover has failed is said while it still runs") {
  World world = promised();
  world.settle();
  world.movers[Part::RestoreRun] = mover(3);
  world.movers[Part::RestoreRun].job = "volsync-dst-data-restore";
  world.movers[Part::RestoreRun].failure = "container kopia ended with exit code 1, Error";
  world.movers[Part::RestoreRun].waiting = "ContainerCreating";
  const Plan plan = world.plan();
  REQUIRE(warned(plan, "MoverFailing"));
  CHECK(held(plan, "MoverFailing")->part == Part::RestoreRun);
  CHECK(held(plan, "MoverFailing")->message ==
        "the restore goes on failing: the mover has failed 3 times (of 9 tries), VolSync tries again by itself; last: "
        "container kopia ended with exit code 1, Error; now: ContainerCreating; look at: kubectl -n media logs "
        "job/volsync-dst-data-restore");
}

TEST_CASE("a mover that has come through after all is no gap") {
  World world = backing_up();
  world.movers[Part::Source] = mover(3);
  world.movers[Part::Source].complete = true;
  CHECK(held(world.plan(), "MoverFailing") == nullptr);
  CHECK_FALSE(is_gap(world));
}

TEST_CASE("the mover of an object that was made for an earlier PVC is not this one's") {
  World world = backing_up();
  world.movers[Part::Source] = mover(3);
  world.the(Part::Source).meta.owners[0].uid = "uid-0";
  CHECK(held(world.plan(), "MoverFailing") == nullptr);
}

TEST_CASE("a mover without a pod at work is said after ten minutes, and looked at again then") {
  World world = backing_up();
  world.movers[Part::Source] = mover(0);
  world.movers[Part::Source].idle_since = world.now - 9min;
  CHECK(held(world.plan(), "MoverNotStarted") == nullptr);
  CHECK(world.plan().look_again == world.now + 1min);
  world.now += 1min;
  REQUIRE(warned(world.plan(), "MoverNotStarted"));
  CHECK(held(world.plan(), "MoverNotStarted")->message ==
        "a backup does not begin: its mover has no pod at work; look at: kubectl -n media describe pods -l "
        "job-name=volsync-src-data-backup");
  CHECK(is_gap(world));
  world.movers[Part::Source].idle_since.reset();
  CHECK(held(world.plan(), "MoverNotStarted") == nullptr);
}

TEST_CASE("a pod that says that it is stuck is believed after a minute") {
  World world = backing_up();
  Mover& stuck = world.movers[Part::Source] = mover(0);
  stuck.idle_since = stuck.stuck_since = world.now;
  stuck.waiting = "CreateContainerConfigError: secret volsync-data not found";
  CHECK(held(world.plan(), "MoverNotStarted") == nullptr);
  CHECK(world.plan().look_again == world.now + 1min);
  world.now += 1min;
  REQUIRE(warned(world.plan(), "MoverNotStarted"));
  CHECK_THAT(held(world.plan(), "MoverNotStarted")->message,
             Contains("it waits for CreateContainerConfigError: secret volsync-data not found; look at"));
}

TEST_CASE("a mover's own words are cut and on one line") {
  World world = backing_up();
  world.movers[Part::Source] = mover(1);
  world.movers[Part::Source].failure = "a\nb\x1b" + std::string(5000, 'x');
  const std::string message = held(world.plan(), "MoverFailing")->message;
  CHECK(message.size() < 700);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK_THAT(message, Contains("kubectl -n media logs job/volsync-src-data-backup"));
}
