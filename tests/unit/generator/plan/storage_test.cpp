// Which of the classes that are set fit a PVC, and what a plan makes of those that do not.
#include "holdfast/volsync/storage.hpp"

#include "src/generator/store/storage_classes.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;

namespace {

/// longhorn, which the PVC is of, and longhorn-temporary are of one driver, ceph is of another.
StorageDrivers drivers() {
  StorageDrivers known;
  known.storage = {true, true, {{"longhorn", "l.csi"}, {"longhorn-temporary", "l.csi"}, {"ceph", "c.csi"}}};
  known.snapshots = {true, true, {{"longhorn-snapshots", "l.csi"}, {"ceph-snapshots", "c.csi"}}};
  return known;
}

StorageDrivers not_readable() {
  StorageDrivers known;
  known.storage = known.snapshots = {true, false, {}};
  return known;
}

/// Of a PVC that is Bound and old enough.
World set_up(const std::string& storage, const std::string& snapshots = "") {
  World world = bound();
  world.drivers = drivers();
  if (!storage.empty()) world.options.backup.storage_class = storage;
  if (!snapshots.empty()) world.options.backup.snapshot_class = snapshots;
  return world;
}

Json::Value kopia(World& world, Part part) { return parse(world.the(part).spec)["kopia"]; }

}  // namespace

TEST_CASE("a set class counts for backups where its provisioner is the one of the PVC's class, and nowhere else") {
  World world = set_up("longhorn-temporary");
  world.settle();
  CHECK(kopia(world, Part::Source)["storageClassName"] == "longhorn-temporary");
  CHECK_FALSE(held(world.plan(), "StorageClassUnfit"));

  world = set_up("ceph");
  world.settle();
  CHECK(kopia(world, Part::Source)["storageClassName"] == "longhorn");
  const Plan plan = world.plan();
  const Hold* said = held(plan, "StorageClassUnfit");
  REQUIRE(said != nullptr);
  CHECK_FALSE(said->warning);  // it is set for all PVCs, and others it may fit
  CHECK_THAT(said->message,
             Contains("StorageClass ceph (its provisioner is c.csi, that of the PVC's own class longhorn "
                      "is l.csi)"));
}

TEST_CASE("a class that the PVC itself asks for and cannot have is a gap") {
  World world = set_up("");
  world.claim->pvc.annotations[std::string(key::kStorageClass)] = "ceph";
  CHECK(warned(world.plan(), "StorageClassUnfit"));
}

TEST_CASE("the destination and the run are of the PVC's own class, whatever is set") {
  World world = promised();
  world.drivers = drivers();
  world.options.backup.storage_class = "longhorn-temporary";
  world.options.backup.snapshot_class = "longhorn-snapshots";
  world.settle();
  for (const Part part : {Part::Destination, Part::RestoreRun}) {
    CHECK(kopia(world, part)["storageClassName"] == "longhorn");
    CHECK(kopia(world, part)["volumeSnapshotClassName"] == "longhorn-snapshots");
  }
}

TEST_CASE("a VolumeSnapshotClass of another driver is left out of backups and restores") {
  World world = promised();
  world.drivers = drivers();
  world.options.backup.snapshot_class = "ceph-snapshots";
  world.settle();
  for (const Part part : {Part::Destination, Part::RestoreRun}) {
    CHECK_FALSE(kopia(world, part).isMember("volumeSnapshotClassName"));
  }
  CHECK_THAT(held(world.plan(), "StorageClassUnfit")->message, Contains("VolumeSnapshotClass ceph-snapshots"));
  World backed = set_up("", "ceph-snapshots");
  backed.settle();
  CHECK_FALSE(kopia(backed, Part::Source).isMember("volumeSnapshotClassName"));
}

TEST_CASE("a VolumeSnapshotClass counts as long as its driver is not known to be another one") {
  const core::Claim claim = Scene{}.claim;
  BackupLayer settings;
  settings.snapshot_class = "ceph-snapshots";
  StorageDrivers known = not_readable();
  SECTION("nothing is readable") {}
  SECTION("only storage classes are") { known.storage = drivers().storage; }
  SECTION("only snapshot classes are") { known.snapshots = drivers().snapshots; }
  SECTION("the PVC's class is gone") {
    known = drivers();
    known.storage.drivers.erase("longhorn");
  }
  SECTION("the PVC's class is of before CSI, whose driver has another name") {
    known = drivers();
    known.storage.drivers["longhorn"] = "kubernetes.io/rbd";
  }
  CHECK(backup_classes(claim, settings, &known).snapshot == "ceph-snapshots");
  CHECK(backup_classes(claim, settings, &known).problem.empty());
}

TEST_CASE("a StorageClass of which nothing is known counts only where it is the PVC's own") {
  core::Claim claim = Scene{}.claim;
  BackupLayer settings;
  settings.storage_class = "longhorn-temporary";
  StorageDrivers known = not_readable();
  SECTION("classes may not be listed") {
    CHECK_THAT(backup_classes(claim, settings, &known).problem, Contains("holdfast may not list StorageClasses"));
  }
  SECTION("there is none of that name") {
    known = drivers();
    known.storage.drivers.erase("longhorn-temporary");
    CHECK_THAT(backup_classes(claim, settings, &known).problem, Contains("there is no such class"));
  }
  SECTION("the PVC's own is gone") {
    known = drivers();
    known.storage.drivers.erase("longhorn");
    CHECK_THAT(backup_classes(claim, settings, &known).problem, Contains("not there to compare with"));
  }
  SECTION("the PVC has none") {
    known = drivers();
    claim.pvc.storage_class.reset();
    CHECK_THAT(backup_classes(claim, settings, &known).problem, Contains("the PVC names no class of its own"));
  }
  CHECK(backup_classes(claim, settings, &known).storage == claim.pvc.storage_class.value_or(""));
  settings.storage_class = claim.pvc.storage_class;
  CHECK(backup_classes(claim, settings, &known).problem.empty());
}

TEST_CASE("nothing is written by a set class before it is known which classes there are") {
  World world = set_up("longhorn-temporary");
  world.settle();
  REQUIRE(world.find(Part::Source) != nullptr);
  // As after a restart: it must not change to and fro.
  world.drivers = {};
  CHECK(world.plan().actions.empty());
  CHECK(held(world.plan(), "StorageClassUnfit"));
  world.drivers = drivers();
  CHECK(world.plan().actions.empty());
  CHECK_FALSE(held(world.plan(), "StorageClassUnfit"));
  world = set_up("longhorn-temporary");
  world.drivers = {};
  CHECK(world.plan().actions.empty());
  world.options.backup.storage_class = "longhorn";  // the PVC's own
  CHECK(words(world.plan()) == Words{"apply destination", "apply source"});
}

TEST_CASE("who asks nobody takes the set classes as fitting") {
  Scene scene;
  scene.options.backup.storage_class = "ceph";
  CHECK(source_object(scene.subject()).body["spec"]["kopia"]["storageClassName"] == "ceph");
}

TEST_CASE("classes are told as they come, change and go, and what may not be listed any more is forgotten") {
  using Kind = StorageClasses::Kind;
  using Is = kube::WatchState::Is;
  int told = 0;
  StorageClasses classes([&told] { ++told; });
  classes.begin_reset(Kind::Storage);
  classes.apply(Kind::Storage, {"a", "a.csi"});
  classes.apply(Kind::Storage, {"b", "b.csi"});
  classes.end_reset(Kind::Storage);
  CHECK(told == 0);
  CHECK_FALSE(classes.known().storage.asked);
  classes.set_state(Kind::Storage, {Is::Current, ""});
  CHECK(told == 1);
  classes.set_state(Kind::Storage, {Is::Failing, "no answer"});
  classes.apply(Kind::Storage, {"a", "a.csi"});
  CHECK(told == 1);
  CHECK(classes.known().storage.listed);
  classes.apply(Kind::Storage, {"a", "c.csi"});
  CHECK(told == 2);
  classes.begin_reset(Kind::Storage);
  classes.apply(Kind::Storage, {"a", "c.csi"});
  classes.end_reset(Kind::Storage);
  CHECK(told == 3);
  CHECK(classes.known().storage.drivers == std::map<std::string, std::string>{{"a", "c.csi"}});
  CHECK_FALSE(classes.known().snapshots.asked);
  classes.set_state(Kind::Storage, {Is::Forbidden, "no"});
  CHECK(classes.known().storage == Classes{true, false, {}});
  classes.set_state(Kind::Snapshots, {Is::Absent, "no such kind"});
  CHECK(classes.known().snapshots.asked);
}
