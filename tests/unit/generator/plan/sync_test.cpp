// When an object that VolSync is in the middle of may be changed: never while its mover works.
#include "src/generator/plan/planner.hpp"

#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using namespace std::chrono_literals;

namespace {

struct Case {
  core::Observed object;
  std::optional<Mover> mover;
  bool movers_known = true;
  Options options;
  core::Time now = kNoon + 1h;

  Case() { object.status.sync_started = kNoon; }
  Sync sync() const { return sync_of(object, mover ? &*mover : nullptr, movers_known, options, now); }
  Sync::Is is() const { return sync().is; }
};

Mover at_work() { return {"volsync-src-data-backup", false, false, 0, 8, {}, {}, {}, {}}; }

Mover idle(core::Time since) {
  Mover mover = at_work();
  mover.idle_since = since;
  return mover;
}

}  // namespace

TEST_CASE("what is not synchronizing may be changed at once") {
  Case one;
  one.object.status.sync_started.reset();
  CHECK(one.is() == Sync::Is::None);
  CHECK(one.sync().may_change());
  one.object.status.synchronizing = true;
  CHECK(one.is() == Sync::Is::Working);
  CHECK_FALSE(one.sync().may_change());
}

TEST_CASE("while a mover has a pod at work nothing is changed, whatever became of it before") {
  Case one;
  one.mover = at_work();
  SECTION("it goes well") {}
  SECTION("pods of it have failed") { one.mover->failed = 8; }
  SECTION("the Job before it has failed for good") { one.object.status.mover_result = "Failed"; }
  SECTION("VolSync says that it cannot go on") {
    one.object.status.error = "no Secret";
    one.object.status.error_since = kNoon;
  }
  CHECK(one.is() == Sync::Is::Working);
  CHECK(one.sync().until == kNoon + 6h);
}

TEST_CASE("a Job that is complete is VolSync's to see to") {
  Case one;
  one.mover = idle(kNoon);
  one.mover->failed = 1;
  CHECK(one.is() == Sync::Is::Stuck);
  one.mover->complete = one.mover->ended = true;
  CHECK(one.is() == Sync::Is::Working);
}

TEST_CASE("between the tries of a failing mover, and after its last one, its object may be changed") {
  Case one;
  one.mover = idle(one.now);
  SECTION("a pod has failed") { one.mover->failed = 1; }
  SECTION("the Job has failed for good") {
    one.mover->failed = 9;
    one.mover->ended = true;
    one.mover->idle_since.reset();
  }
  SECTION("the Job before it has") { one.object.status.mover_result = "Failed"; }
  SECTION("the Job before it has, and there is none just now") {
    one.object.status.mover_result = "Failed";
    one.mover.reset();
  }
  CHECK(one.is() == Sync::Is::Stuck);
}

TEST_CASE("a mover that begins is left alone, and one that does not begin is not") {
  Case one;
  one.mover = idle(one.now - 9min);
  CHECK(one.is() == Sync::Is::Working);
  CHECK(one.sync().until == one.now + 1min);
  one.now += 1min;
  CHECK(one.is() == Sync::Is::Stuck);
  one.mover = idle(one.now);
  one.mover->stuck_since = one.now - 1min;
  CHECK(one.is() == Sync::Is::Stuck);
}

TEST_CASE("a backup that has no Job yet is being prepared, and after ten minutes is not") {
  Case one;
  one.now = kNoon + 9min;
  CHECK(one.is() == Sync::Is::Working);
  CHECK(one.sync().until == kNoon + 10min);
  one.now = kNoon + 10min;
  CHECK(one.is() == Sync::Is::Stuck);
  one.now = kNoon + 1min;
  one.object.status.error = "no Secret";
  one.object.status.error_since = kNoon;
  CHECK(one.is() == Sync::Is::Stuck);
}

TEST_CASE("where Jobs are not known, any may be at work") {
  Case one;
  one.movers_known = false;
  one.object.status.mover_result = "Failed";
  CHECK(one.is() == Sync::Is::Working);
  CHECK(one.sync().until == one.now + 1min);
}

TEST_CASE("what lasts longer than any should is taken for one that hangs") {
  Case one;
  one.options.overlong_sync = 2h;
  one.mover = at_work();
  one.movers_known = GENERATE(true, false);
  one.now = kNoon + 2h - 1s;
  CHECK(one.is() == Sync::Is::Working);
  one.now = kNoon + 2h;
  CHECK(one.is() == Sync::Is::Overlong);
  CHECK(one.sync().may_change());
}
