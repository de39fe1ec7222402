// A PVC that requests less than its driver makes.
#include "holdfast/generator/audit.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using namespace std::chrono_literals;

namespace {

/// Its restore is verified, and the destination knows it.
World verified() {
  World world = restored_whole();
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  world.remember();
  REQUIRE(words(world.plan()) == Words{"image on"});
  return world;
}

std::vector<Gap> gaps(const World& world) {
  const View view = world.view();
  return audit_item(view, make_plan(view, world.policy, world.options, world.now), {}, world.policy).gaps;
}

bool has_gap(const World& world, std::string_view reason) {
  const auto found = gaps(world);
  return std::any_of(found.begin(), found.end(), [reason](const Gap& gap) { return gap.reason == reason; });
}

World whose_volume_has(const std::string& capacity) {
  World world = bound();
  world.settle();
  world.claim->capacity = capacity;
  return world;
}

}  // namespace

TEST_CASE("a restore that the request does not cover waits, and it is said how much to request") {
  World world = verified();
  world.unfit_image = UnfitImage{"image-1", "11Gi", world.now};
  const Plan plan = world.plan();
  CHECK(plan.actions.empty());
  REQUIRE(warned(plan, "RestoreSizeExceedsRequest"));
  const std::string said = held(plan, "RestoreSizeExceedsRequest")->message;
  CHECK_THAT(said, Contains("it requests 10Gi") && Contains("request at least 11Gi") && Contains("image-1") &&
                       Contains("delete the PVC and create it again"));
  CHECK(has_gap(world, "RestoreSizeExceedsRequest"));
  CHECK(plan.look_again == world.now + 5min);
  CHECK(plan.restore.stage == Restore::Stage::Verified);
}

TEST_CASE("it is tried again, and what was found last is said until another thing is") {
  World world = verified();
  world.unfit_image = UnfitImage{"image-1", "11Gi", world.now};
  const std::string first = held(world.plan(), "RestoreSizeExceedsRequest")->message;
  world.now += 5min;
  CHECK(words(world.plan()) == Words{"image on"});
  REQUIRE(held(world.plan(), "RestoreSizeExceedsRequest"));
  CHECK(held(world.plan(), "RestoreSizeExceedsRequest")->message == first);
}

TEST_CASE("an image that is not ready is no warning, and looked at again soon") {
  World world = verified();
  world.unfit_image = UnfitImage{"image-1", "", world.now};
  const Plan plan = world.plan();
  CHECK(plan.actions.empty());
  REQUIRE(held(plan, "RestoreImageNotReady"));
  CHECK_FALSE(warned(plan, "RestoreImageNotReady"));
  CHECK(gaps(world).empty());
  world.now += 10s;
  CHECK(words(world.plan()) == Words{"image on"});
}

TEST_CASE("what was found of another image says nothing of this one") {
  World world = verified();
  world.unfit_image = UnfitImage{"image-0", "11Gi", world.now};
  CHECK(words(world.plan()) == Words{"image on"});
  CHECK_FALSE(held(world.plan(), "RestoreSizeExceedsRequest"));
}

TEST_CASE("a volume that is larger than its request is a gap before the day of the restore") {
  World world = whose_volume_has("11Gi");
  REQUIRE(has_gap(world, "RequestTooSmall"));
  CHECK_THAT(gaps(world).back().message, Contains("it requests 10Gi, and its volume has 11Gi") &&
                                             Contains("resources.requests.storage to at least 11Gi"));
  for (const char* covered : {"10Gi", "10240Mi", "9Gi", ""}) CHECK(gaps(whose_volume_has(covered)).empty());
}

TEST_CASE("a volume that nobody provisions may be as large as it likes") {
  World world = whose_volume_has("11Gi");
  world.claim->phase = core::Claim::Phase::Pending;
  CHECK_FALSE(has_gap(world, "RequestTooSmall"));
  world.claim->phase = core::Claim::Phase::Bound;
  world.drivers.storage = {true, true, {{"longhorn", "l.csi"}}};
  CHECK(has_gap(world, "RequestTooSmall"));
  world.drivers.storage.drivers["longhorn"] = "kubernetes.io/no-provisioner";
  CHECK_FALSE(has_gap(world, "RequestTooSmall"));
  world.drivers.storage.drivers.clear();  // a name that only ties volumes and claims together
  CHECK_FALSE(has_gap(world, "RequestTooSmall"));
  world.drivers = {};
  world.claim->pvc.storage_class = "";
  CHECK_FALSE(has_gap(world, "RequestTooSmall"));
}
