// Whole lives of PVCs against the model, with a fresh view before every plan, as if each came after a restart.
#include <catch2/catch.hpp>

#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Stage = Restore::Stage;
namespace core = holdfast::core;

namespace {

struct Scenery {
  const char* happens;
  void (*make)(World&);
  Stage stage;              ///< after everything that follows from it was done
  const char* destination;  ///< the image that it shows then
  bool run, source;
};

void nothing(World&) {}
void half_an_hour(World& world) { world.now += std::chrono::minutes{30}; }
void restores_nothing(World& world) { world.finish_run("Successful", kNothingSelected, image("empty")); }
void restores_all(World& world) { world.finish_run("Successful", kCompleted, image("whole")); }
void fails(World& world) { world.the(Part::RestoreRun).status.mover_result = "Failed"; }
void populates(World& world) { REQUIRE(world.populate()); }
void three_hours(World& world) { world.now += std::chrono::hours{3}; }
void index_is_lost(World& world) { world.evidence = unknown(); }
void index_is_back(World& world) { world.evidence = current({listed(kOwnSource, kSnapshot, kSnapshotStart)}); }
void somebody_fills_the_destination(World& world) {
  world.the(Part::Destination).status.image = image("stale");
  world.touch(world.the(Part::Destination));
}
void is_created_again(World& world) {
  world.create_claim("uid-2");
  promise(*world.claim);
}

const std::vector<Scenery> kLife = {
    {"created while the index is unreadable", index_is_lost, Stage::Open, "", false, false},
    {"the index is read", index_is_back, Stage::Running, "", true, false},
    {"the mover restores nothing and succeeds", restores_nothing, Stage::Unverified, "", true, false},
    {"the index is lost", index_is_lost, Stage::Unverified, "", true, false},
    {"the next attempt is due", half_an_hour, Stage::Unverified, "", true, false},
    {"the index is back", index_is_back, Stage::Running, "", true, false},
    {"the mover fails", fails, Stage::Unverified, "", true, false},
    {"somebody fills the destination", somebody_fills_the_destination, Stage::Unverified, "", true, false},
    {"the mover restores everything", restores_all, Stage::Published, "whole", true, false},
    {"somebody fills the destination again", somebody_fills_the_destination, Stage::Published, "whole", true, false},
    {"no pod needs it for hours", three_hours, Stage::Published, "whole", true, false},
    {"the populator fills the PVC", populates, Stage::Closed, "", false, true},
    {"somebody fills the destination of a Bound PVC", somebody_fills_the_destination, Stage::Closed, "", false, true},
    {"nothing more", nothing, Stage::Closed, "", false, true},
    {"it is deleted and created again", is_created_again, Stage::Running, "", true, false},
    {"the mover restores everything", restores_all, Stage::Published, "whole", true, false},
    {"the populator fills it", populates, Stage::Closed, "", false, false},
    {"it is old enough", three_hours, Stage::Closed, "", false, true},
};

}  // namespace

TEST_CASE("the whole story of a promise, from a PVC's creation to its backups and back again") {
  World world = promised();
  for (const Scenery& scene : kLife) {
    INFO(scene.happens);
    scene.make(world);
    world.settle();
    CHECK(world.stage().stage == scene.stage);
    const auto shown = world.the(Part::Destination).status.image;
    CHECK((shown ? shown->name : "") == scene.destination);
    CHECK((world.find(Part::RestoreRun) != nullptr) == scene.run);
    CHECK((world.find(Part::Source) != nullptr) == scene.source);
  }
  CHECK(world.filled_from == "whole");
}
