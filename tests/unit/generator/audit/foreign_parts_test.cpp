// What taking over somebody else's objects would change, and what would not be taken.
#include "holdfast/generator/audit.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;

namespace {

constexpr const char* kTheirs = R"({"sourcePVC":"data","trigger":{"schedule":"0 3 * * *"},
  "kopia":{"username":"data","hostname":"media","copyMethod":"Snapshot","parallelism":1},"custom":{"kept":1}})";

World beside_theirs() {
  World world = bound();
  world.options.adopt = Adopts::Predecessors;
  world.put_foreign(Part::Source, "kyverno").spec = kTheirs;
  return world;
}

std::vector<ForeignPart> foreign(const World& world) {
  return audit_item(world.view(), world.plan(), {}, world.policy).foreign;
}

std::optional<ChangedField> change(const ForeignPart& part, std::string_view path) {
  const auto found = std::ranges::find(part.changes, path, &ChangedField::path);
  return found == part.changes.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

TEST_CASE("of what is taken over each field is told that becomes another one, and no other") {
  const auto parts = foreign(beside_theirs());
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].part == Part::Source);
  CHECK(parts[0].name == "data-backup");
  CHECK(parts[0].manager == "kyverno");
  CHECK(parts[0].taken);
  CHECK(parts[0].why.empty());
  REQUIRE(change(parts[0], "spec.kopia.parallelism"));
  CHECK(change(parts[0], "spec.kopia.parallelism")->before == "1");
  REQUIRE(change(parts[0], "spec.kopia.compression"));
  CHECK(change(parts[0], "spec.kopia.compression")->before.empty());
  for (const char* same :
       {"spec.sourcePVC", "spec.trigger.schedule", "spec.kopia.username", "spec.kopia.copyMethod", "spec.custom"}) {
    CHECK_FALSE(change(parts[0], same));
  }
}

TEST_CASE("of what is not taken over it is told why") {
  World world = beside_theirs();
  SECTION("its mover works") {
    world.the(Part::Source).status.sync_started = world.now;
    CHECK_THAT(foreign(world).at(0).why, Contains("Synchronizing: "));
    CHECK(foreign(world).at(0).later);
    world.put_foreign(Part::Destination, "kyverno");
    for (const ForeignPart& part : foreign(world)) CHECK(part.later);
    world.evidence = unknown();
    for (const ForeignPart& part : foreign(world)) CHECK_FALSE(part.later);
  }
  SECTION("nobody asked for it") {
    world.options.adopt = Adopts::Requested;
    CHECK_THAT(foreign(world).at(0).why, Contains("ForeignObject: "));
  }
  SECTION("the PVC wants no backup") {
    world.claim->pvc.labels.clear();
    CHECK_THAT(foreign(world).at(0).why, Contains("the PVC is not protected: "));
  }
  SECTION("it is nobody's that can be taken over") {
    world.the(Part::Source).meta.labels.clear();
    CHECK(foreign(world).at(0).manager.empty());
  }
  CHECK_FALSE(foreign(world).at(0).taken);
  CHECK(foreign(world).at(0).changes.empty());
}

TEST_CASE("what is ours is nothing to take over") {
  World world = bound();
  world.settle();
  CHECK(foreign(world).empty());
}

TEST_CASE("a value of any length is told in a few words") {
  World world = beside_theirs();
  world.the(Part::Source).spec = R"({"sourcePVC":")" + std::string(100'000, 'x') + R"("})";
  CHECK(change(foreign(world).at(0), "spec.sourcePVC")->before.size() <= 210);
}
