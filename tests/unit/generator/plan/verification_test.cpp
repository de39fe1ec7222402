// Whether a finished restore has brought the promised snapshot.
#include <catch2/catch.hpp>

#include <limits>

#include "src/generator/plan/attempt.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Stage = Restore::Stage;
namespace core = holdfast::core;

TEST_CASE("a restore is not verified when the promised snapshot has gone meanwhile: the mover may have taken another") {
  World world = restored_whole();
  world.evidence = current({listed(kOwnSource, std::string(32, 'f'), kSnapshotStart)});
  const Restore restore = world.stage();
  CHECK(restore.stage == Stage::Unverified);
  CHECK(restore.problem.find("is not in /repository any more") != std::string::npos);
  CHECK_FALSE(took(world.plan(), RestoreStep::Verified));
  world.settle();
  CHECK_FALSE(world.the(Part::Destination).status.image);
  world.claim->pvc.annotations[std::string(key::kAcceptUnverified)] = world.run_token();
  world.settle();
  CHECK(world.the(Part::Destination).status.image == image("image-1"));
}

TEST_CASE("a restore waits to be verified until it is known what the repository holds since its end") {
  World world = restored_whole();
  SECTION("the repository cannot be read") { world.evidence = unknown(); }
  SECTION("it was looked at before, and held the snapshot") {
    world.evidence.asked = world.the(Part::RestoreRun).end_seen;
  }
  SECTION("it was looked at before, and the snapshot was gone") {
    world.evidence = current({});
    world.evidence.asked = world.the(Part::RestoreRun).end_seen - std::chrono::seconds{1};
  }
  world.now += std::chrono::hours{2};
  const Plan plan = world.plan();
  CHECK(plan.restore.stage == Stage::Checking);
  CHECK(plan.restore.verified_by == Restore::VerifiedBy::Nothing);
  CHECK(plan.actions.empty());
  CHECK(plan.needs_evidence);
  CHECK(held(plan, "EvidenceUnknown"));
  CHECK(plan.steps.empty());
  CHECK_FALSE(world.the(Part::Destination).status.image);
}

TEST_CASE("a person need not wait for the repository") {
  World world = restored_whole();
  world.evidence = unknown();
  world.claim->pvc.annotations[std::string(key::kAcceptUnverified)] = world.run_token();
  world.settle();
  CHECK(world.the(Part::Destination).status.image == image("image-1"));
  CHECK(world.the(Part::Destination).meta.annotations[std::string(key::kVerifiedBy)] == "person");
}

TEST_CASE("where kopia's counts are kept they are compared with the snapshot, each that there is") {
  struct Count {
    const char* what;
    std::string logs;
    const char* said;  ///< empty: nothing
  };
  const std::vector<Count> table = {
      {"all three", counted(kFiles), ""},
      {"too few files", counted(41), "expected 42 files, and the mover restored 41"},
      {"too many files", counted(43), "expected 42 files, and the mover restored 43"},
      {"directories", counted(kFiles, 2), "expected 3 directories, and the mover restored 2"},
      {"links", counted(kFiles, 3, 0), "expected 1 symbolic links, and the mover restored 0"},
      {"any of them", "Restored 7 files, 3 directories and 1 symbolic links (1 MB).\n" + counted(kFiles), "restored 7"},
      {"beyond all numbers", counted(kFiles) + "\nRestored 99999999999999999999 files", "restored 9223372036854775807"},
      {"files alone", std::string("Restored 42 files\n") + kCompleted, ""},
  };
  for (const Count& count : table) {
    INFO(count.what);
    World world = promised();
    world.settle();
    world.finish_run("Successful", count.logs, image("x"));
    const Plan plan = world.plan();
    const bool good = count.said[0] == '\0';
    CHECK(plan.restore.stage == (good ? Stage::Verified : Stage::Unverified));
    CHECK(plan.restore.problem.find(count.said) != std::string::npos);
    if (good) CHECK(plan.restore.verified_by == Restore::VerifiedBy::Counts);
  }
}

TEST_CASE("what the listing does not say is not compared") {
  World world = promised();
  core::ListedSnapshot bare = listed(kOwnSource, kSnapshot, kSnapshotStart);
  bare.directories.reset();
  bare.links.reset();
  world.evidence = current({bare});
  world.settle();
  world.finish_run("Successful", counted(kFiles, 99, 99), image("x"));
  CHECK(world.stage().stage == Stage::Verified);
}

TEST_CASE("a run with a cache of its own is not believed: its image may be of a half-written volume") {
  World world = restored_whole();
  core::Observed& run = world.the(Part::RestoreRun);
  Json::Value spec = parse(run.spec);
  spec["kopia"]["cacheCapacity"] = "2Gi";
  run.spec = holdfast::test::print(spec);
  CHECK(world.stage().stage == Stage::Unverified);
  CHECK(world.stage().problem.find("cache of its own") != std::string::npos);
  world.now += std::chrono::minutes{1};
  world.settle();
  CHECK(world.stage().stage == Stage::Running);
  CHECK_FALSE(parse(world.the(Part::RestoreRun).spec)["kopia"].isMember("cacheCapacity"));
}

TEST_CASE("a run on which VolSync works again is waited for, whatever its token says") {
  World world = restored_whole();
  world.the(Part::RestoreRun).status.sync_started = world.now;
  CHECK(world.stage().stage == Stage::Running);
  CHECK(world.plan().actions.empty());
  world.the(Part::RestoreRun).status.sync_started.reset();
  world.settle();
  world.the(Part::RestoreRun).status.sync_started = world.now;
  CHECK(world.stage().stage == Stage::Published);
}

TEST_CASE("what is known to be missing is told with the restore") {
  World world = promised();
  core::ListedSnapshot torn = listed(kOwnSource, kSnapshot, kSnapshotStart);
  const auto missing = [&] {
    world.evidence = current({torn});
    return world.stage().missing;
  };
  world.settle();
  world.finish_run("Successful", kCompleted, image("x"));
  CHECK(missing() ==
        "owners and modes may not be those of the backup: the mover has no privileges and runs as the "
        "user of its image");
  world.options.backup.security_context = full_security_context();
  world.the(Part::RestoreRun).spec =
      R"({"trigger":{"manual":")" + world.run_token() + R"("},"kopia":{"moverSecurityContext":{"runAsUser":65532}}})";
  CHECK(missing().ends_with("runs as uid 65532"));
  torn.failed = 2;
  CHECK(missing().starts_with("2 entries are missing: the backup could not read them; owners"));
  world.privileged_movers = true;
  torn.failed = 1;
  CHECK(missing() == "1 entry is missing: the backup could not read it");
  torn.failed = 0;
  CHECK(missing().empty());
}

struct Bad {
  const char* what;
  std::string result, logs;
  std::optional<core::Image> made;
  const char* said;
};

TEST_CASE("a success that is none is not verified, and its likely cause is named") {
  const std::vector<Bad> table = {
      {"nothing selected", "Successful", kNothingSelected, image("empty"), "the mover selected no snapshot"},
      {"nothing selected, all lines", "Successful", "No eligible snapshots found\n=== No data will be restored ===",
       image("empty"), "the mover selected no snapshot"},
      {"no log", "Successful", "", image("x"), "operator may not read it"},
      {"no such line", "Successful", "Repository connected", image("x"), "has no line \"INFO: Snapshot restore"},
      {"counts without the line", "Successful", "Restored 42 files, 3 directories and 1 symbolic links (1 MB).",
       image("x"), "has no line"},
      {"another snapshot", "Successful", std::string("Selected snapshot with id: f00d\n") + kCompleted, image("x"),
       "restored snapshot f00d in place of"},
      {"no image", "Successful", kCompleted, std::nullopt, "no volume snapshot"},
      {"another kind of image", "Successful", kCompleted, core::Image{"", "PersistentVolumeClaim", "x"},
       "no volume snapshot"},
      {"paused", "", kCompleted, image("x"), "no mover reported a result"},
      {"unheard of", "Perhaps", kCompleted, image("x"), "Perhaps"},
  };
  for (const Bad& bad : table) {
    INFO(bad.what);
    World world = promised();
    world.settle();
    world.finish_run(bad.result, bad.logs, bad.made);
    const Plan plan = world.plan();
    CHECK(plan.restore.stage == Stage::Unverified);
    CHECK_FALSE(plan.restore.failed);
    CHECK(plan.restore.problem.find(bad.said) != std::string::npos);
    CHECK(plan.actions.empty());
    CHECK(warned(plan, "RestoreNotVerified"));
    CHECK(took(plan, RestoreStep::Unverified));
    CHECK(plan.look_again == world.now + std::chrono::minutes{1});
  }
}

TEST_CASE("too many index blobs are named as the likely cause of a mover that selected nothing, and of no other") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", kNothingSelected, image("empty"));
  CHECK(world.stage().problem.find("index blobs") == std::string::npos);
  CHECK(world.stage().problem.find("leads to another repository") != std::string::npos);
  world.index_blobs = 1001;
  CHECK(world.stage().problem.find("over 1000 index blobs (it has 1001)") != std::string::npos);
  CHECK(world.stage().problem.find("before 2026-01-05") != std::string::npos);
  for (const auto& [result, logs] : {std::pair{"Successful", ""}, {"Successful", "x"}, {"Failed", "no route"}}) {
    world.the(Part::RestoreRun).status.mover_result = result;
    world.the(Part::RestoreRun).status.mover_logs = logs;
    CHECK(world.stage().stage == Stage::Unverified);
    CHECK(world.stage().problem.find("index blobs") == std::string::npos);
    CHECK(world.stage().problem.find("selected no snapshot") == std::string::npos);
  }
}

TEST_CASE("only a whole line says that a restore is complete") {
  const auto completed = [](const std::string& log) { return read_mover_log(log).completed; };
  const std::string line = kCompleted;
  for (const std::string& log : {line, line + "\n", "before\n" + line, line + "\nafter", "a\n" + line + "\nb"}) {
    INFO(log);
    CHECK(completed(log));
  }
  for (const std::string& log :
       {" " + line, line + " ", line + ".", "me@there:/" + line, "\"" + line + "\"", line + "\r",
        std::string("Snapshot restore completed successfully"), std::string("INFO: Snapshot restore completed")}) {
    INFO(log);
    CHECK_FALSE(completed(log));
  }
}

TEST_CASE("where the operator has cut, what is left of the first line says nothing") {
  const std::string long_line(1024, 'x');
  CHECK_FALSE(read_mover_log(kCompleted + ("\n" + long_line)).completed);
  CHECK(read_mover_log(long_line + "\n" + kCompleted).completed);
  CHECK(read_mover_log(kCompleted + ("\n" + std::string(900, 'x'))).completed);
}

TEST_CASE("the list that a mover without a snapshot leaves is known by any of its lines") {
  const std::string json = R"({"id":"1","userName":"a","hostName":"b","path":"/","startTime":"2026-01-01T00:00:00Z"})";
  for (const std::string& line :
       {std::string("No eligible snapshots found"), std::string("=== No data will be restored ==="),
        std::string("No snapshots found for a@b:/data"), std::string("No snapshots found in the repository"),
        std::string("=== Discovery Mode: Available Snapshots ==="), std::string("=== End Discovery Mode ==="),
        std::string("Available identities (username@hostname combinations):"), json,
        std::string("a@b:/data - Last snapshot: 2026-01-01T00:00:00Z")}) {
    INFO(line);
    CHECK(read_mover_log(line).nothing_selected);
    // A path in the list may hold a line of its own.
    World world = promised();
    world.settle();
    world.finish_run("Successful", line + "\n" + kCompleted, image("empty"));
    CHECK(world.stage().stage == Stage::Unverified);
  }
  CHECK_FALSE(read_mover_log(kCompleted).nothing_selected);
  CHECK_FALSE(read_mover_log(counted(kFiles)).nothing_selected);
  CHECK_FALSE(
      read_mover_log("Discovery mode enabled - will list available snapshots if restore fails").nothing_selected);
}

TEST_CASE("kopia's counts are read from lines of their own") {
  using Counts = std::vector<RestoredCount>;
  const auto counts = [](std::string_view log) { return read_mover_log(log).counts; };
  for (const char* none :
       {"", "Restored files", "Restored 5 directories", "Restored -1 files", "t=1 Restored 3 files"}) {
    CHECK(counts(none).empty());
  }
  CHECK(counts("Restored 0 files, 1 directories") == Counts{{0, 1, std::nullopt}});
  CHECK(counts("Restored 4 files, 6 directories and 3 symbolic links (8 B).") == Counts{{4, 6, 3}});
  CHECK(counts("Restored 1 files\nRestored 2 files, x") == Counts{{1, {}, {}}, {2, {}, {}}});
  CHECK(counts("Restored 1 files, 99999999999999999999 directories")[0].directories ==
        std::numeric_limits<std::int64_t>::max());
}
