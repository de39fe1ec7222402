// What is remembered of a PVC outlives its objects: that its restore was verified, and the backups that it had.
#include "src/generator/plan/verified.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;

namespace {

const std::string kMark = "uid-1/" + std::string(kSnapshot);

/// Restored, verified and Bound for hours; its backups run.
World restored() {
  World world = restored_whole();
  world.settle();
  REQUIRE(world.populate());
  world.now += std::chrono::hours{3};
  world.settle();
  REQUIRE(world.find(Part::Source) != nullptr);
  return world;
}

/// Restored and verified: the PVC may be filled at any moment.
World offered() {
  World world = restored_whole();
  world.settle();
  REQUIRE(world.the(Part::Destination).status.image == image("image-1"));
  return world;
}

std::string mark_on_destination(const World& world) {
  const core::Observed* destination = world.find(Part::Destination);
  const std::string* mark =
      destination == nullptr ? nullptr : core::lookup(destination->meta.annotations, key::kVerified);
  return mark == nullptr ? std::string() : *mark;
}

World wants_offsite(World world) {
  world.options.offsite.enabled = true;
  world.options.offsite.repository = "s3:https://host/bucket";
  world.claim->pvc.annotations[std::string(key::kOffsite)] = "true";
  return world;
}

Seen seen_until(const std::string& end, const std::string& identity = kOwnSource) {
  Seen seen;
  seen.ends[identity] = at(end);
  return seen;
}

constexpr const char* kEarlier = "holdfast-seen-ffeeddccbbaa9988";

}  // namespace

TEST_CASE("a restored PVC whose objects vanish is backed up again, and its destination says again what was verified") {
  World world = restored();
  world.objects.clear();
  world.settle();
  CHECK(world.find(Part::Source) != nullptr);
  CHECK(mark_on_destination(world) == kMark);
  CHECK(core::lookup(world.the(Part::Destination).meta.annotations, key::kVerifiedBy) != nullptr);
  CHECK_FALSE(held(world.plan(), "RestoreNotVerified"));
}

TEST_CASE("a restored PVC that is not protected for a while is backed up again afterwards") {
  World world = restored();
  world.claim->pvc.labels.clear();
  world.settle();
  REQUIRE(world.objects.empty());
  world.claim->pvc.labels = {{"backup", "daily"}};
  world.settle();
  CHECK(world.find(Part::Source) != nullptr);
  CHECK(mark_on_destination(world) == kMark);
}

TEST_CASE("a destination that says what was verified stays until the memory has it") {
  World world = restored();
  world.claim->pvc.labels.clear();
  SECTION("nothing is written yet") { world.memory.clear(); }
  SECTION("what is written is of another restore") { world.memory["uid-1"].restore = "uid-1/other"; }
  SECTION("the memory cannot be read") {
    world.memory.clear();
    world.memory_known = false;
  }
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"remove source not-protected"});
  CHECK(plan.needs_memory);
  REQUIRE(held(plan, "VerifiedNotRemembered"));
  CHECK_FALSE(warned(plan, "VerifiedNotRemembered"));
  world.memory["uid-1"] = {kMark, "log"};
  world.memory_known = true;
  CHECK(words(world.plan()) == Words{"remove source not-protected", "remove destination not-protected"});
}

TEST_CASE("what one replica knows and nobody has written is no reason to let the destination go, and a cause is told") {
  World world = restored();
  world.claim->pvc.labels.clear();
  View view = world.view();
  REQUIRE(view.remembered.verified.restore == kMark);
  view.remembered.stored = false;
  view.remembered.problem = "ConfigMap holdfast-verified: forbidden";
  const Plan plan = make_plan(view, world.policy, world.options, world.now);
  CHECK(words(plan) == Words{"remove source not-protected"});
  REQUIRE(warned(plan, "VerifiedNotRemembered"));
  CHECK(held(plan, "VerifiedNotRemembered")->message.find("forbidden") != std::string::npos);
}

TEST_CASE("the destination of a PVC that is gone waits for no memory, nor does one that says nothing of this PVC") {
  World world = restored();
  world.memory.clear();
  SECTION("gone") { world.claim.reset(); }
  SECTION("a mark of an earlier PVC") {
    world.claim->pvc.labels.clear();
    world.the(Part::Destination).meta.annotations[std::string(key::kVerified)] = "uid-0/" + std::string(kSnapshot);
  }
  SECTION("a mark that no memory can hold") {
    world.claim->pvc.labels.clear();
    world.the(Part::Destination).meta.annotations[std::string(key::kVerified)] = "uid-1/two words";
  }
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  CHECK(world.objects.empty());
}

TEST_CASE("before the memory was read nobody says that a promised restore was never verified") {
  World world = restored();
  world.objects.clear();
  world.memory_known = false;
  world.memory.clear();
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"apply destination"});
  CHECK(plan.needs_memory);
  REQUIRE(held(plan, "MemoryUnknown"));
  CHECK_FALSE(warned(plan, "MemoryUnknown"));
  CHECK_FALSE(held(plan, "RestoreNotVerified"));
  View view = world.view();
  view.remembered.problem = "ConfigMap holdfast-verified: forbidden";
  CHECK(warned(make_plan(view, world.policy, world.options, world.now), "MemoryUnknown"));
}

TEST_CASE("what was lost with its memory is not backed up before a person looks") {
  World world = restored();
  world.objects.clear();
  world.memory.clear();
  CHECK(warned(world.plan(), "RestoreNotVerified"));
  world.settle();
  CHECK(world.find(Part::Source) == nullptr);
}

TEST_CASE("what is remembered of another PVC, or of another restore, verifies nothing") {
  World world = restored();
  world.objects.clear();
  SECTION("another PVC") { world.memory["uid-1"].restore = "uid-0/" + std::string(kSnapshot); }
  SECTION("another restore") { world.memory["uid-1"].restore = "uid-1/other"; }
  world.settle();
  CHECK(world.find(Part::Source) == nullptr);
  CHECK(warned(world.plan(), "RestoreNotVerified"));
}

TEST_CASE("a PVC that still waits is filled by nothing that was verified before its run was made again") {
  World world = restored_whole();
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  REQUIRE(mark_on_destination(world) == kMark);
  world.remember();
  SECTION("everything vanishes") { world.objects.clear(); }
  SECTION("the run alone") { world.objects.erase(world.key(Part::RestoreRun)); }
  world.settle();
  CHECK(mark_on_destination(world).empty());
  world.finish_run("Successful", counted(7), image("image-2"));
  CHECK(world.stage().stage == Restore::Stage::Unverified);
  world.settle();
  CHECK_FALSE(world.the(Part::Destination).status.image);
}

TEST_CASE("nothing is offered before the memory has that it was verified, unless the memory has a problem") {
  World world = restored_whole();
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  REQUIRE(mark_on_destination(world) == kMark);
  const std::string written = GENERATE("", "uid-1/other", "uid-1/-");
  if (!written.empty()) world.memory["uid-1"] = {written, ""};
  const Plan plan = world.plan();
  CHECK(plan.actions.empty());
  CHECK(plan.needs_memory);
  CHECK(plan.look_again);
  REQUIRE(held(plan, "VerifiedNotRemembered"));
  CHECK_FALSE(warned(plan, "VerifiedNotRemembered"));
  if (GENERATE(true, false)) {
    world.remember();
  } else {
    world.memory_problem = "ConfigMap holdfast-verified: forbidden";
  }
  CHECK(words(world.plan()) == Words{"image on"});
}

TEST_CASE("what one replica knows and nobody has written is no reason to offer it") {
  World world = offered();
  world.the(Part::Destination).status.image.reset();
  View view = world.view();
  REQUIRE(view.remembered.verified.restore == kMark);
  view.remembered.stored = false;
  CHECK(make_plan(view, world.policy, world.options, world.now).actions.empty());
}

TEST_CASE("a PVC whose objects vanish in the moment in which it is filled is backed up") {
  World world = offered();
  REQUIRE(world.populate());
  SECTION("all") { world.objects.clear(); }
  SECTION("the destination alone") { world.objects.erase(world.key(Part::Destination)); }
  world.now += std::chrono::hours{3};
  world.settle();
  CHECK(world.find(Part::Source) != nullptr);
  CHECK(mark_on_destination(world) == kMark);
}

TEST_CASE("a PVC that is not protected for a while and filled meanwhile is backed up again afterwards") {
  World world = offered();
  world.claim->pvc.labels.clear();
  world.settle();
  REQUIRE(world.objects.empty());
  SECTION("filled before it is protected again") {}
  SECTION("filled when its restore has begun anew") {
    world.claim->pvc.labels = {{"backup", "daily"}};
    world.settle();
    REQUIRE(mark_on_destination(world).empty());
  }
  world.claim->phase = core::Claim::Phase::Bound;  // the populator had begun with what it was offered
  world.claim->pvc.labels = {{"backup", "daily"}};
  world.now += std::chrono::hours{3};
  world.settle();
  CHECK(world.find(Part::Source) != nullptr);
  CHECK(mark_on_destination(world) == kMark);
}

TEST_CASE("the destination of a PVC that waits stays until the memory has what was offered") {
  World world = offered();
  world.memory.clear();
  world.memory_problem = "ConfigMap holdfast-verified: forbidden";
  world.claim->pvc.labels.clear();
  world.settle();
  CHECK(world.find(Part::RestoreRun) == nullptr);
  REQUIRE(mark_on_destination(world) == kMark);
  CHECK(warned(world.plan(), "VerifiedNotRemembered"));
  world.memory_problem.clear();
  world.settle();
  CHECK(world.objects.empty());
  CHECK(world.memory["uid-1"].restore == kMark);
}

TEST_CASE("a PVC that waits and is offered something else is not backed up as verified before it is") {
  World world = offered();
  world.claim->pvc.labels.clear();
  world.settle();
  REQUIRE(world.objects.empty());
  if (GENERATE(true, false)) {
    world.put_foreign(Part::Destination);
  } else {  // ours, and somebody puts it there
    world.claim->pvc.labels = {{"backup", "daily"}};
    world.settle();
  }
  world.the(Part::Destination).status.image = image("theirs");
  world.settle();
  CHECK(is_taken_back(world.memory["uid-1"]));
  world.objects.clear();
  world.claim->pvc.labels = {{"backup", "daily"}};
  SECTION("it is filled from that") {
    world.claim->phase = core::Claim::Phase::Bound;
    world.now += std::chrono::hours{3};
    world.settle();
    CHECK(world.find(Part::Source) == nullptr);
    CHECK(mark_on_destination(world).empty());
    CHECK(warned(world.plan(), "RestoreNotVerified"));
  }
  SECTION("it is restored once more") {
    world.settle();
    world.finish_run("Successful", kCompleted, image("image-2"));
    world.settle();
    CHECK(world.memory["uid-1"].restore == kMark);
    CHECK(world.the(Part::Destination).status.image == image("image-2"));
  }
}

TEST_CASE(
    "a destination of somebody else that offers nothing takes nothing back, nor does one of a PVC that is filled") {
  World world = offered();
  SECTION("it offers nothing") {
    world.objects.clear();
    world.put_foreign(Part::Destination);
  }
  SECTION("the PVC is filled") {
    REQUIRE(world.populate());
    world.objects.clear();
    world.put_foreign(Part::Destination).status.image = image("theirs");
  }
  world.settle();
  CHECK(world.memory["uid-1"].restore == kMark);
}

TEST_CASE("an off-site backup does not begin where an earlier repository held backups that were not restored") {
  World world = wants_offsite(bound());
  world.memories->emplace(kEarlier, seen_until("2026-02-01T00:00:00Z"));
  world.settle();
  CHECK(world.find(Part::Source) != nullptr);
  CHECK(world.find(Part::OffsiteSource) == nullptr);
  REQUIRE(warned(world.plan(), "OffsiteNotRestored"));
  const Plan plan = world.plan();
  const std::string& said = held(plan, "OffsiteNotRestored")->message;
  for (const char* part : {kEarlier, kOwnSource, "2026-02-01T00:00:00Z", "holdfast.dev/accept-older-backups"}) {
    CHECK(said.find(part) != std::string::npos);
  }
  CHECK(said.size() <= 1024);
  SECTION("until a person accepts it") {
    world.claim->pvc.annotations[std::string(key::kAcceptOlderBackups)] = "the off-site copy is not needed";
  }
  SECTION("until a person says that it starts anew") {
    world.claim->pvc.annotations[std::string(core::key::kSkipRestore)] = "true";
    world.claim->pvc.annotations[std::string(core::key::kSkipRestoreReason)] = "a new start";
  }
  SECTION("until that memory is deleted") { world.memories->clear(); }
  world.settle();
  CHECK(world.find(Part::OffsiteSource) != nullptr);
}

TEST_CASE("an off-site backup begins where what is remembered is younger than the PVC, of another, or accepted") {
  World world = wants_offsite(bound());
  Seen seen = seen_until("2026-03-01T10:00:00Z");
  seen.ends["other-backup@media:/data"] = at("2026-02-01T00:00:00Z");
  world.memories->emplace(kEarlier, seen);
  seen.ends.clear();
  seen.accepted[kOwnSource] = at("2026-02-01T00:00:00Z");
  world.memories->emplace("holdfast-seen", seen);
  world.settle();
  CHECK(world.find(Part::OffsiteSource) != nullptr);
}

TEST_CASE("an off-site backup begins for a PVC that was restored, and waits until the memories were read") {
  World world = wants_offsite(restored());
  world.memories->emplace(kEarlier, seen_until("2026-02-01T00:00:00Z"));
  world.settle();
  CHECK(world.find(Part::OffsiteSource) != nullptr);
  World fresh = wants_offsite(bound());
  fresh.memories.reset();
  fresh.settle();
  CHECK(fresh.find(Part::OffsiteSource) == nullptr);
  CHECK(held(fresh.plan(), "MemoryUnknown"));
  CHECK_FALSE(warned(fresh.plan(), "MemoryUnknown"));
  CHECK(fresh.plan().needs_memory);
}

TEST_CASE("an off-site backup that runs goes on, whatever is remembered") {
  World world = wants_offsite(bound());
  world.settle();
  REQUIRE(world.find(Part::OffsiteSource) != nullptr);
  world.memories->emplace(kEarlier, seen_until("2026-02-01T00:00:00Z"));
  CHECK(world.plan().actions.empty());
  world.memories.reset();
  CHECK(world.plan().actions.empty());
}
