// Objects of a PVC that lie under names of before: what becomes of them.
#include <functional>

#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;

namespace {

/// A PVC that is as it should be, and beside its own object of this part another one of before.
World with_stray(Part part, const std::function<void(core::Observed&)>& change) {
  World world = bound();
  world.settle();
  core::Observed old = world.the(part);
  old.meta.name = "data-old";
  old.meta.uid = "object-old";
  change(old);
  world.strays = {{part, old}};
  return world;
}

}  // namespace

TEST_CASE("a destination of before shows no image, and goes when it shows none") {
  World world = with_stray(Part::Destination, [](core::Observed& old) { old.status.image = image("left-over"); });
  CHECK(words(world.plan()) == Words{"image off"});
  CHECK(actions<SetImage>(world.plan()).at(0).uid == "object-old");
  world.strays[0].second.status.image.reset();
  CHECK(words(world.plan()) == Words{"remove destination renamed"});
}

TEST_CASE("a source of before that belonged to an earlier PVC goes at once, whatever it does") {
  World world = with_stray(Part::Source, [](core::Observed& old) {
    REQUIRE(old.meta.owners.size() == 1);
    old.meta.owners[0].uid = "uid-0";
    old.status.synchronizing = true;
  });
  CHECK(words(world.plan()) == Words{"remove source owner-gone"});
}

TEST_CASE("what is somebody else's under a name of before is left as it is") {
  for (const Part part : {Part::Source, Part::Destination}) {
    World world = with_stray(part, [](core::Observed& old) {
      old.meta.labels[std::string(key::kManagedBy)] = "argocd";
      old.status.image = image("theirs");
    });
    CHECK(world.plan().actions.empty());
  }
}

TEST_CASE("an image stays on the destination while it is not known what was restored") {
  World world = restored_whole();
  world.settle();
  REQUIRE(world.the(Part::Destination).status.image);
  world.objects.erase(world.key(Part::RestoreRun));
  world.known = {{Part::RestoreRun, Known::NotYet}};
  CHECK(world.plan().actions.empty());
  world.known.clear();
  CHECK(words(world.plan()).at(0) == "image off");
}
