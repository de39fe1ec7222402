// Somebody else's ReplicationSources of a PVC, under other names than ours.
#include "holdfast/generator/audit.hpp"
#include "src/generator/store/store.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;

namespace {

core::Observed source_of_others(const std::string& name, const std::string& spec, const std::string& manager = "") {
  core::Observed source;
  source.meta.ns = "media";
  source.meta.name = name;
  source.meta.uid = "uid of " + name;
  source.meta.resource_version = "7";
  if (!manager.empty()) source.meta.labels.emplace(volsync::key::kManagedBy, manager);
  source.spec = spec;
  return source;
}

constexpr const char* kNightly =
    R"({"sourcePVC":"data","trigger":{"schedule":"0 3 * * *"},"kopia":{"username":"nightly","hostname":"media"}})";
constexpr const char* kSecondCopy = R"({"sourcePVC":"data","restic":{"repository":"x"}})";

std::vector<std::string> other_sources(const World& world) {
  return audit_item(world.view(), world.plan(), {}, world.policy).other_sources;
}

bool applies_source(const Plan& plan) {
  const Words said = words(plan);
  return std::find(said.begin(), said.end(), "apply source") != said.end();
}

}  // namespace

TEST_CASE("no source is made beside one of somebody else's that backs the PVC up with kopia") {
  World world = bound();
  world.rivals = {source_of_others("nightly", kNightly, "flux")};
  CHECK_FALSE(applies_source(world.plan()));
  REQUIRE(warned(world.plan(), "ForeignSource"));
  const std::string message = held(world.plan(), "ForeignSource")->message;
  CHECK(message.find("ReplicationSource nightly (managed by flux) backs the PVC up as nightly@media:/data") !=
        std::string::npos);
  CHECK(message.find("delete ReplicationSource nightly") != std::string::npos);
  CHECK(other_sources(world) == std::vector<std::string>{"nightly (kopia)"});
  CHECK(audit_item(world.view(), world.plan(), {}, world.policy).gap);
  world.rivals.clear();
  CHECK(applies_source(world.plan()));
}

TEST_CASE("where a line of the settings finds the other's backups, it is in the message before the source is deleted") {
  World world = bound();
  world.rivals = {source_of_others("data-nightly", R"({"sourcePVC":"data","kopia":{"username":"data-nightly"}})")};
  const std::string message = held(world.plan(), "ForeignSource")->message;
  CHECK(message.find(R"("{pvc}-nightly@{namespace}:/data"]}` into holdfast's configuration; then delete)") !=
        std::string::npos);
  world.rivals = {source_of_others("data", R"({"sourcePVC":"data","kopia":{}})", "pvc-plumber")};
  const std::string taken = held(world.plan(), "ForeignSource")->message;
  CHECK(taken.find("identities") == std::string::npos);
  CHECK(taken.find("generator.adopt: true and generator.naming: v4") != std::string::npos);
}

TEST_CASE("a second copy by another mover is named, and no reason to hold anything") {
  World world = bound();
  world.rivals = {source_of_others("offsite", kSecondCopy)};
  CHECK(applies_source(world.plan()));
  CHECK(held(world.plan(), "ForeignSource") == nullptr);
  CHECK(other_sources(world) == std::vector<std::string>{"offsite (restic)"});
}

TEST_CASE("a source that comes later is told of, and ours goes on") {
  World world = bound();
  world.settle();
  REQUIRE(world.find(Part::Source) != nullptr);
  world.rivals = {source_of_others("nightly", kNightly)};
  REQUIRE(warned(world.plan(), "ForeignSource"));
  CHECK(held(world.plan(), "ForeignSource")->message.find("the PVC is backed up twice") == 0);
  CHECK(world.plan().actions.empty());
}

TEST_CASE(
    "the store finds others' sources by the PVC that they back up, keeps little of them, and tells of each change") {
  std::vector<std::string> changed;
  Store store(core::Naming::LegacyBackup, volsync::Adopts::Requested,
              [&](const core::PvcName& pvc) { changed.push_back(to_string(pvc)); });
  core::Claim claim;
  claim.pvc.ns = "media";
  claim.pvc.name = "data";
  claim.uid = "u1";
  store.apply_claim(claim);
  changed.clear();
  store.apply_object(Family::Sources, source_of_others("nightly", kNightly));
  CHECK(changed == std::vector<std::string>{"media/data"});
  {
    const StoredView stored = store.view({"media", "data"});
    REQUIRE(stored.view.rivals.size() == 1);
    const core::Observed& rival = *stored.view.rivals.front();
    CHECK(rival.meta.name == "nightly");
    CHECK(rival.spec.find("schedule") == std::string::npos);
    CHECK(stored.view.ownership.whose({"nightly", "media", "/data"}, {"media", "data"}) == core::Whose::Own);
    CHECK(stored.view.ownership.whose({"nightly", "media", "/data"}, {"media", "other"}) == core::Whose::Anothers);
  }
  core::Observed turned = source_of_others("nightly", R"({"sourcePVC":"other","kopia":{}})");
  turned.meta.resource_version = "8";
  changed.clear();
  store.apply_object(Family::Sources, turned);
  CHECK(changed == std::vector<std::string>{"media/data"});
  CHECK(store.view({"media", "data"}).view.rivals.empty());
  store.apply_object(Family::Sources, source_of_others("data-backup", kNightly));
  CHECK(store.view({"media", "data"}).view.rivals.empty());
  store.remove_object(Family::Sources, "media", "nightly");
  CHECK(store.view({"media", "other"}).view.rivals.empty());
}
