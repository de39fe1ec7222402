// A restore run and the volume that an earlier one has left under the same name.
#include "src/generator/store/store.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;

namespace {

core::Claim volume(const std::string& owner_uid = "") {
  core::Claim volume;
  volume.pvc.ns = "media";
  volume.pvc.name = "volsync-data-restore-dest";
  volume.uid = "volume-1";
  if (!owner_uid.empty()) volume.pvc.owners = {{"ReplicationDestination", true, owner_uid}};
  return volume;
}

bool begins(const Plan& plan) {
  const auto said = words(plan);
  return std::find(said.begin(), said.end(), "apply run") != said.end();
}

}  // namespace

TEST_CASE("a restore waits until the volume of an earlier run is gone, and then goes on by itself") {
  World world = promised();
  world.run_volume = volume("run-of-before");
  const Plan waiting = world.plan();
  CHECK_FALSE(begins(waiting));
  const Hold* hold = held(waiting, "RunVolumeLeft");
  REQUIRE(hold != nullptr);
  CHECK_FALSE(hold->warning);
  CHECK(hold->message.find("`kubectl -n media delete pvc volsync-data-restore-dest`") != std::string::npos);
  CHECK(waiting.look_again == hold->until);
  CHECK(hold->until > world.now);
  world.now += std::chrono::minutes{10};
  CHECK(warned(world.plan(), "RunVolumeLeft"));
  world.run_volume.reset();
  CHECK(begins(world.plan()));
}

TEST_CASE("a volume under the run's name that nobody owns is a person's to remove") {
  World world = promised();
  world.run_volume = volume();
  CHECK(warned(world.plan(), "RunVolumeLeft"));
  CHECK_FALSE(begins(world.plan()));
}

TEST_CASE("the next attempt of a run goes on in its own volume, and in no other") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", kNothingSelected, std::nullopt);
  world.now += std::chrono::hours{1};
  REQUIRE(begins(world.plan()));
  world.run_volume = volume(world.the(Part::RestoreRun).meta.uid);
  CHECK(begins(world.plan()));
  world.run_volume = volume("run-of-before");
  CHECK_FALSE(begins(world.plan()));
}

TEST_CASE("a PVC's view has the volume of its run, and its PVC is looked at when that goes") {
  std::vector<core::PvcName> changed;
  Store store(core::Naming::LegacyBackup, volsync::Adopts::Requested,
              [&changed](const core::PvcName& pvc) { changed.push_back(pvc); });
  const core::PvcName data{"media", "data"};
  core::Claim claim;
  claim.pvc.ns = data.ns;
  claim.pvc.name = data.name;
  store.apply_claim(claim);
  CHECK(store.view(data).view.run_volume == nullptr);
  store.apply_claim(volume("run-1"));
  const StoredView stored = store.view(data);
  REQUIRE(stored.view.run_volume != nullptr);
  CHECK(stored.view.run_volume->pvc.owners.at(0).uid == "run-1");
  changed.clear();
  store.remove_claim(volume().pvc.full_name());
  CHECK(changed == std::vector<core::PvcName>{volume().pvc.full_name(), data});
  store.remove_claim({"media", "volsync-nobody-restore-dest"});
  CHECK(changed.size() == 2);
}
