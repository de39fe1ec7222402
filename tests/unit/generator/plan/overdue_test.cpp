// Restores whose stages take too long, and what VolSync and others say of what does not get on.
#include "holdfast/generator/audit.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSelectedNode = "volume.kubernetes.io/selected-node";

std::string overdue(const World& world) {
  const Plan plan = world.plan();
  const Hold* hold = held(plan, "RestoreOverdue");
  if (hold == nullptr) return {};
  CHECK(hold->warning);
  const View view = world.view();
  const auto gaps = audit_item(view, plan, {}, world.policy).gaps;
  CHECK(std::any_of(gaps.begin(), gaps.end(), [](const Gap& gap) { return gap.reason == "RestoreOverdue"; }));
  return hold->message;
}

World published() {
  World world = restored_whole();
  world.settle();
  REQUIRE(world.stage().stage == Restore::Stage::Published);
  return world;
}

EventsOf events_of(std::string_view kind, const std::string& name) { return {std::string(kind), "media", name}; }

}  // namespace

TEST_CASE("a promised restore that does not begin is said after half an hour, with what it waits for") {
  World world = promised();
  world.evidence = unknown();
  world.claim->created = world.now - 30min + 1s;
  CHECK(overdue(world).empty());
  CHECK(world.plan().look_again == world.now + 1s);
  world.now += 1s;
  CHECK_THAT(overdue(world), Contains("has not begun: EvidenceUnknown: ") && Contains("the mount does not answer"));
  world.options.restore_deadline.start = 1h;
  CHECK(overdue(world).empty());
}

TEST_CASE("a restore with which VolSync does not begin is said after half an hour") {
  World world = promised();
  world.settle();
  world.now += 30min;
  CHECK_THAT(overdue(world), Contains("VolSync has not begun with it"));
  world.the(Part::RestoreRun).status.sync_started = world.now;
  CHECK(overdue(world).empty());
}

TEST_CASE("a restore that runs for longer than any should is said, with what its mover says") {
  World world = promised();
  world.settle();
  world.the(Part::RestoreRun).status.sync_started = world.now;
  Mover& mover = world.movers[Part::RestoreRun];
  mover.job = "volsync-dst-data-restore";
  world.now += 6h - 1s;
  CHECK(overdue(world).empty());
  world.now += 1s;
  CHECK_THAT(overdue(world), Contains("its restore runs since 2026-03-01T12:00:00Z (attempt 1)"));
  mover.failed = 3;
  mover.idle_since = world.now;
  mover.failure = "container kopia ended with exit code 1";
  CHECK_THAT(overdue(world), Contains("MoverFailing: ") && Contains("ended with exit code 1"));
}

TEST_CASE("a restore that is done and cannot be checked is said after an hour") {
  World world = restored_whole();
  world.evidence = unknown();
  world.now += 1h - 1s;
  CHECK(overdue(world).empty());
  world.now += 1s;
  CHECK_THAT(overdue(world), Contains("it is not verified yet: EvidenceUnknown: "));
}

TEST_CASE("a restore that waits for the first pod is no problem, however long it waits") {
  World world = published();
  world.now += std::chrono::hours{24 * 90};
  CHECK(overdue(world).empty());
  REQUIRE(held(world.plan(), "WaitsForPopulator"));
  CHECK_FALSE(held(world.plan(), "WaitsForPopulator")->warning);
  world.users = {Users::Are::None, {}};
  CHECK(overdue(world).empty());
}

TEST_CASE("a verified restore that something wants, and that is not bound, is said after an hour") {
  World world = published();
  SECTION("a pod was scheduled") { world.claim->pvc.annotations[kSelectedNode] = "node-1"; }
  SECTION("its storage class waits for no pod") {
    world.claim->pvc.annotations["volume.kubernetes.io/storage-provisioner"] = "csi.example.com";
  }
  SECTION("a pod that is seen uses it") { world.users.are = Users::Are::Alike; }
  world.now += 1h - 1s;
  CHECK(overdue(world).empty());
  CHECK(world.plan().look_again == world.now + 1s);
  world.now += 1s;
  CHECK_THAT(overdue(world), Contains("VolumeSnapshot image-1") && Contains("is not bound; look at"));
}

TEST_CASE("what the provisioner says of the populator's volume is quoted, else what is said of the PVC") {
  World world = published();
  world.claim->pvc.annotations[kSelectedNode] = "node-1";
  world.now += 1h;
  world.events.emplace();
  const EventsOf prime = events_of("PersistentVolumeClaim", "vs-prime-uid-1");
  const EventsOf own = events_of("PersistentVolumeClaim", "data");
  CHECK(overdue(world).empty());  // until they are read
  CHECK(world.plan().quotes == std::vector<EventsOf>{prime, own});
  world.events = Events{{prime, ""}, {own, "VolSyncPopulatorError: no VolumeSnapshot"}};
  CHECK_THAT(overdue(world), Contains("; its last warning: VolSyncPopulatorError: no VolumeSnapshot; look at"));
  (*world.events)[prime] = "ProvisioningFailed: requested volume size is less than the size for the source snapshot";
  CHECK_THAT(overdue(world), Contains("; its last warning: ProvisioningFailed: requested volume size"));
}

TEST_CASE("a restore that is bound is overdue no more") {
  World world = published();
  world.claim->pvc.annotations[kSelectedNode] = "node-1";
  world.now += 1h;
  REQUIRE_FALSE(overdue(world).empty());
  REQUIRE(world.populate());
  CHECK(overdue(world).empty());
}

TEST_CASE("why VolSync cannot go on is said after a minute, of a restore as of a backup") {
  World world = bound();
  world.settle();
  core::Observed* source = &world.the(Part::Source);
  Part part = Part::Source;
  SECTION("a backup") {}
  SECTION("a restore") {
    world = promised();
    world.settle();
    source = &world.the(part = Part::RestoreRun);
  }
  source->status.sync_started = world.now;
  source->status.error = "secrets \"volsync-data\" not found";
  source->status.error_since = world.now;
  CHECK(held(world.plan(), "VolSyncError") == nullptr);
  CHECK(world.plan().look_again == world.now + 1min);
  world.now += 1min;
  const Plan plan = world.plan();
  REQUIRE(warned(plan, "VolSyncError"));
  CHECK(held(plan, "VolSyncError")->part == part);
  CHECK_THAT(held(plan, "VolSyncError")->message, Contains("since 2026-03-01T12:00:00Z: VolSync says of ") &&
                                                      Contains(": secrets \"volsync-data\" not found"));
  source->meta.labels.clear();
  CHECK(held(world.plan(), "VolSyncError") == nullptr);
}

TEST_CASE("of a Job that has no pod the reason is in its Events") {
  World world = bound();
  world.settle();
  Mover& mover = world.movers[Part::Source];
  mover.job = "volsync-src-data-backup";
  mover.idle_since = world.now - 10min;
  world.events.emplace();
  CHECK(held(world.plan(), "MoverNotStarted") == nullptr);  // until they are read
  const EventsOf job = events_of("Job", mover.job);
  REQUIRE(world.plan().quotes == std::vector<EventsOf>{job});
  (*world.events)[job] = "FailedCreate: Error creating: violates PodSecurity \"restricted:latest\"";
  REQUIRE(warned(world.plan(), "MoverNotStarted"));
  CHECK_THAT(held(world.plan(), "MoverNotStarted")->message,
             Contains("its mover has no pod at work; its last warning: FailedCreate: Error creating: violates"));
  mover.waiting = "Unschedulable: 0/3 nodes are available";
  CHECK(world.plan().quotes.empty());
  CHECK_THAT(held(world.plan(), "MoverNotStarted")->message, Contains("it waits for Unschedulable"));
}
