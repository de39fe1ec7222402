// A backup between two scheduled ones, from the annotation that asks for it to the one that says it was made.
#include "holdfast/volsync/text.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

constexpr const char* kAsked = "2026-03-01T11:59:58.25Z";
const std::string kToken = std::string("holdfast-backup-") + kAsked;

struct House : World {
  House() : World(bound()) { settle(); }

  /// Whoever asks; the model keeps only what we apply, and the API server keeps this.
  void ask(const std::string& when = kAsked) {
    core::Observed& source = the(Part::Source);
    source.meta.annotations[std::string(key::kBackupRequested)] = when;
    touch(source);
  }
  /// One plan, carried out; what it did.
  Words step() {
    const Plan next = plan();
    for (const Action& action : next.actions) REQUIRE(carry_out(action));
    ask();
    return words(next);
  }
  Json::Value trigger() { return parse(the(Part::Source).spec)["trigger"]; }
  void set(const char* text) { the(Part::Source).spec = print(merged(parse(the(Part::Source).spec), parse(text))); }
  std::string annotation(std::string_view name) {
    return std::string(value_of(the(Part::Source).meta.annotations, name));
  }

 private:
  static Json::Value merged(Json::Value spec, const Json::Value& more) {
    for (const std::string& name : more.getMemberNames()) {
      spec[name] = spec[name].isObject() ? merged(spec[name], more[name]) : more[name];
    }
    return spec;
  }
  static std::string print(const Json::Value& value) { return holdfast::test::print(value); }
};

}  // namespace

TEST_CASE("a backup that is asked for is made once, and then the schedule goes on as before") {
  House house;
  const Json::Value before = house.trigger();
  house.ask();
  CHECK(house.step() == Words{"apply source"});
  CHECK(house.trigger()["manual"] == kToken);
  CHECK(house.trigger()["schedule"] == before["schedule"]);
  CHECK(house.annotation(key::kBackupMade).empty());

  CHECK(house.step().empty());  // VolSync has not begun
  house.the(Part::Source).status.sync_started = house.now;
  CHECK(house.step().empty());
  CHECK_FALSE(held(house.plan(), "BackupsManual"));

  house.the(Part::Source).status.sync_started.reset();
  house.the(Part::Source).status.last_manual_sync = kToken;
  CHECK(house.step() == Words{"apply source"});
  CHECK(house.trigger() == before);
  CHECK(house.annotation(key::kBackupMade) == kAsked);
  CHECK(house.step().empty());
  CHECK_FALSE(held(house.plan(), "BackupsManual"));
  CHECK_FALSE(held(house.plan(), "Synchronizing"));
}

TEST_CASE("what was made stays said when another backup is under way, and when the source is written anew") {
  House house;
  house.ask();
  house.step();
  house.the(Part::Source).status.last_manual_sync = kToken;
  house.step();
  house.the(Part::Source).status.last_manual_sync = "holdfast-backup-2027-01-01T00:00:00Z";
  house.options.backup.parallelism = 8;
  CHECK(house.step() == Words{"apply source"});
  CHECK(house.annotation(key::kBackupMade) == kAsked);
  CHECK_FALSE(house.trigger().isMember("manual"));
}

TEST_CASE("a backup that is asked for waits for the one under way") {
  House house;
  Mover mover;
  mover.job = "volsync-src-data-backup";
  mover.backoff_limit = 8;
  house.movers[Part::Source] = mover;
  house.the(Part::Source).status.sync_started = house.now;
  house.ask();
  CHECK(house.step().empty());
  REQUIRE(held(house.plan(), "Synchronizing"));
  CHECK_FALSE(held(house.plan(), "Synchronizing")->warning);
  house.movers.clear();
  house.the(Part::Source).status.sync_started.reset();
  CHECK(house.step() == Words{"apply source"});
  CHECK(house.trigger()["manual"] == kToken);
}

TEST_CASE("somebody else's token is not overruled by a request, and is said") {
  House house;
  house.set(R"({"trigger": {"manual": "once"}})");
  house.ask();
  const Plan plan = house.plan();
  CHECK(plan.actions.empty());
  CHECK(warned(plan, "BackupsManual"));
}

TEST_CASE("a request that is no RFC 3339 time does nothing") {
  House house;
  for (const char* when : {"", "now", "2026-03-01", "holdfast-backup-2026-03-01T12:00:00Z"}) {
    INFO(when);
    house.ask(when);
    const Plan plan = house.plan();
    CHECK(plan.actions.empty());
    CHECK(plan.holds.empty());
  }
}

TEST_CASE("a request that is taken back takes the token off again") {
  House house;
  house.ask();
  for (const Action& action : house.plan().actions) REQUIRE(house.carry_out(action));
  REQUIRE(house.trigger()["manual"] == kToken);
  house.settle();
  CHECK_FALSE(house.trigger().isMember("manual"));
}

TEST_CASE("a request on a ReplicationSource that is somebody else's is theirs") {
  World world = bound();
  core::Observed& source = world.put_foreign(Part::Source);
  source.meta.annotations[std::string(key::kBackupRequested)] = kAsked;
  CHECK(actions<Apply>(world.plan()).size() == 1);  // the destination
  CHECK(actions<Apply>(world.plan())[0].object.part == Part::Destination);
}

TEST_CASE("why backups are paused stands in what is said of it, on one line and cut") {
  House house;
  house.set(R"({"paused": true})");
  const auto said = [&](const std::string& reason) {
    house.the(Part::Source).meta.annotations[std::string(key::kPauseReason)] = reason;
    const Plan plan = house.plan();
    CHECK(plan.actions.empty());
    REQUIRE(warned(plan, "BackupsPaused"));
    return held(plan, "BackupsPaused")->message;
  };
  CHECK_THAT(said("the disk\nis replaced"),
             Contains("set spec.paused on ReplicationSource data-backup (the disk is replaced)"));
  const std::string endless = said(std::string(300, 'x'));
  CHECK_THAT(endless, Contains(std::string(250, 'x')) && !Contains(std::string(257, 'x')));
  CHECK_THAT(said(""), !Contains("("));
  house.set(R"({"paused": false, "trigger": {"manual": "once"}})");
  house.the(Part::Source).meta.annotations[std::string(key::kPauseReason)] = "left from before";
  CHECK_THAT(held(house.plan(), "BackupsManual")->message, !Contains("left from before"));
}
