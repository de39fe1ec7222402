#include "holdfast/generator/audit.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
namespace core = holdfast::core;

namespace {

AuditItem audit(const World& world) {
  const Plan plan = world.plan();
  core::Verdict verdict;
  verdict.outcome = core::Fresh{};
  verdict.code = core::Code::NoBackup;
  verdict.message = "no complete backup exists";
  return audit_item(world.view(), plan, verdict, world.policy);
}

std::vector<std::string> reasons(const AuditItem& item) {
  std::vector<std::string> found;
  for (const Gap& gap : item.gaps) found.push_back(gap.reason);
  return found;
}

core::ListedSnapshot with_errors(core::ListedSnapshot snapshot, std::int64_t failed) {
  snapshot.failed = failed;
  return snapshot;
}

/// Bound, backed up, with nothing left to do.
World healthy() {
  World world = bound();
  world.settle();
  world.evidence = current({listed(kOwnSource, kSnapshot, "2026-03-01T11:30:00Z")});
  return world;
}

}  // namespace

TEST_CASE("a PVC that is as it should be has no gap") {
  const AuditItem item = audit(healthy());
  CHECK(item.pvc == core::PvcName{"media", "data"});
  CHECK(item.is_protected);
  CHECK(item.protection == "protected");
  CHECK(item.tier == "daily");
  CHECK(item.phase == "Bound");
  CHECK(item.verdict == "fresh");
  CHECK(item.code == "NoBackup");
  CHECK(item.identity == kOwnSource);
  CHECK(item.secret == "external");
  CHECK(item.destination == "idle");
  CHECK(item.source == "scheduled");
  CHECK(item.restore.empty());
  REQUIRE(item.last_backup);
  CHECK(core::format_seconds(*item.last_backup) == "2026-03-01T11:30:05Z");
  CHECK(item.waits_for.empty());
  CHECK(item.ignored.empty());
  CHECK_FALSE(item.gap);
  CHECK(item.gaps.empty());
}

TEST_CASE("a young PVC waits for its first backup, which is no gap") {
  World world;
  world.settle();
  const AuditItem item = audit(world);
  CHECK(item.source == "held");
  REQUIRE(item.waits_for.size() == 1);
  CHECK_THAT(item.waits_for[0], Contains("NotBound: "));
  CHECK_FALSE(item.gap);
}

TEST_CASE("whatever a person must look at is a gap") {
  SECTION("an object that is not there") {
    CHECK(audit(bound()).source == "missing");
    CHECK(audit(bound()).gap);
  }
  SECTION("somebody else's object") {
    World world = bound();
    world.put_foreign(Part::Destination);
    const AuditItem item = audit(world);
    CHECK(item.destination == "foreign");
    CHECK(item.gap);
  }
  SECTION("a hold that is a warning") {
    World world = bound();
    world.evidence = current({listed(kOwnSource, kSnapshot, kSnapshotStart)});
    world.settle();
    const AuditItem item = audit(world);
    CHECK(item.source == "held");
    CHECK_THAT(item.waits_for.at(0), Contains("BackupsNotRestored: "));
    CHECK(item.gap);
  }
  SECTION("a backup whose mover failed") {
    World world = healthy();
    world.the(Part::Source).status.mover_result = "Failed";
    CHECK_THAT(audit(world).source, Contains("failed: "));
    CHECK(audit(world).gap);
  }
  SECTION("backups that somebody has stopped") {
    World world = healthy();
    Json::Value spec = holdfast::test::parse(world.the(Part::Source).spec);
    spec["paused"] = true;
    world.the(Part::Source).spec = holdfast::test::print(spec);
    CHECK(audit(world).source == "paused");
    CHECK_THAT(audit(world).waits_for.at(0), Contains("BackupsPaused: "));
    CHECK(audit(world).gap);
    spec.removeMember("paused");
    spec["trigger"]["manual"] = "once";
    world.the(Part::Source).spec = holdfast::test::print(spec);
    world.the(Part::Source).status.synchronizing = true;
    CHECK(audit(world).source == "manual");
    CHECK(audit(world).gap);
  }
  SECTION("a volume that is lost") {
    World world = healthy();
    world.claim->phase = core::Claim::Phase::Lost;
    CHECK(audit(world).phase == "Lost");
    CHECK(audit(world).gap);
  }
  SECTION("a secret that the store does not give") {
    World world = healthy();
    world.options.secret = {.mode = SecretOptions::Mode::ExternalSecret, .store = "vault", .key = "kopia"};
    CHECK(audit(world).secret == "missing");
    world.settle();
    world.the(Part::Secret).ready = "SecretSyncedError: no such\nkey";
    CHECK(audit(world).secret == "not ready: SecretSyncedError: no such key");
    CHECK(audit(world).gap);
    world.the(Part::Secret).ready = "True";
    CHECK(audit(world).secret == "ready");
    CHECK_FALSE(audit(world).gap);
  }
}

TEST_CASE("every gap has a reason, once, and what no hold says is said with it") {
  using Reasons = std::vector<std::string>;
  World world = bound();
  world.put_foreign(Part::Destination);
  CHECK(reasons(audit(world)) == Reasons{"ForeignObject", "ObjectMissing"});
  CHECK(audit(world).gaps.at(0).message.empty());  // the hold says it
  CHECK(audit(world).gaps.at(1).message == "it has no ReplicationSource");
  world = healthy();
  world.the(Part::Source).status.mover_result = "Failed";
  world.claim->phase = core::Claim::Phase::Lost;
  CHECK(reasons(audit(world)) == Reasons{"VolumeLost", "BackupFailed"});
  world = bound();
  world.settle();
  world.evidence.checked_at = world.now + std::chrono::hours{25};
  CHECK(reasons(audit(world)) == Reasons{"NoFirstBackup"});
  world.claim->pvc.labels = {{"backup", "weekly"}};
  CHECK(reasons(audit(world)) == Reasons{"UnknownTier"});
}

TEST_CASE("a newest backup without what its mover could not read is a gap, until there is one that is whole") {
  World world = healthy();
  const std::string earlier = "1123456789abcdef0123456789abcdef", latest = "2123456789abcdef0123456789abcdef";
  const auto whole = listed(kOwnSource, kSnapshot, "2026-03-01T09:30:00Z");
  const auto first = with_errors(listed(kOwnSource, earlier, "2026-03-01T10:30:00Z"), 2);
  const auto second = with_errors(listed(kOwnSource, latest, "2026-03-01T11:30:00Z"), 3);
  world.evidence = current({whole, first, second});
  const AuditItem item = audit(world);
  CHECK(item.gap);
  REQUIRE(reasons(item) == std::vector<std::string>{"SnapshotHasErrors"});
  CHECK_THAT(item.gaps[0].message, Contains("3 entries could not be read for snapshot " + latest +
                                            " of "
                                            "2026-03-01T11:30:00Z") &&
                                       Contains("2 snapshots in a row are so, since 2026-03-01T10:30:00Z") &&
                                       Contains("generator.backup.moverSecurityContext, holdfast.dev/run-as"));
  CHECK_THAT(audit_text({item}), Contains("    gap SnapshotHasErrors: 3 entries could not be read"));
  CHECK_THAT(audit_json({item}), Contains(R"("gaps":["SnapshotHasErrors: 3 entries could not be read)"));
  REQUIRE(item.last_backup);  // it counts as a backup all the same
  CHECK(core::format_seconds(*item.last_backup) == "2026-03-01T11:30:05Z");

  world.evidence = current({first, second, listed(kOwnSource, kSnapshot, "2026-03-01T11:45:00Z")});
  CHECK_FALSE(audit(world).gap);
  world.evidence = unknown();
  CHECK_FALSE(audit(world).gap);
}

TEST_CASE("what its mover could not read is the gap of a PVC only where the backup is surely its own") {
  World world = healthy();
  const core::Identity own = core::parse_identity(kOwnSource).value();
  const auto candidates = core::candidates(world.policy, world.claim->pvc.full_name());
  for (const core::Candidate& candidate : candidates) {
    if (candidate.identity == own) continue;
    world.evidence =
        current({with_errors(listed(core::to_string(candidate.identity), kSnapshot, "2026-03-01T11:30:00Z"), 3)});
    CHECK_FALSE(audit(world).gap);
  }
}

TEST_CASE("a newest backup without a file, or with few of those before it, is a gap as far as the settings say") {
  World world = healthy();
  const auto full = listed(kOwnSource, kSnapshot, "2026-03-01T10:30:00Z", 500);
  const auto newest = [](std::int64_t files) {
    return listed(kOwnSource, "1123456789abcdef0123456789abcdef", "2026-03-01T11:30:00Z", files);
  };
  for (const std::int64_t files : {0, 49}) {
    world.evidence = current({full, newest(files)});
    const AuditItem item = audit(world);
    REQUIRE(reasons(item) == std::vector<std::string>{"BackupShrunk"});
    CHECK_THAT(item.gaps[0].message, Contains("holds " + std::to_string(files) + " files, and snapshot " + kSnapshot) &&
                                         Contains("`holdfast.dev/restore-as-of: \"2026-03-01T10:30:00Z\"`"));
    (files == 0 ? world.policy.shrink.empty : world.policy.shrink.shrunk) = core::Severity::Off;
    CHECK_FALSE(audit(world).gap);
  }
  world = healthy();
  world.evidence = current({full, newest(50)});
  CHECK_FALSE(audit(world).gap);
}

TEST_CASE("the warnings of what would be said now are told with it") {
  const World world = healthy();
  core::Verdict verdict;
  verdict.warnings = {"BackupShrunk: the newest backup holds 1 files"};
  const AuditItem item = audit_item(world.view(), world.plan(), verdict, world.policy);
  CHECK_THAT(audit_text({item}), Contains("    if created now BackupShrunk: the newest backup holds 1 files\n"));
  CHECK_THAT(audit_json({item}), Contains(R"("warnings":["BackupShrunk: the newest backup holds 1 files"])"));
}

TEST_CASE("no backup a day after its ReplicationSource was made is a gap, and an hour after it is none") {
  World world = bound();
  world.settle();
  world.evidence.checked_at = world.now + std::chrono::hours{1};
  CHECK_FALSE(audit(world).gap);
  world.evidence.checked_at = world.now + std::chrono::hours{25};
  CHECK(audit(world).gap);
  world.evidence = unknown();
  CHECK_FALSE(audit(world).gap);  // nothing is known
}

TEST_CASE("it is told by what a restore was verified as long as the PVC lives, and a person's word stays one") {
  World world = restored_whole();
  bool accepted = false;
  SECTION("by the mover's word") {}
  SECTION("by a person") {
    accepted = true;
    world.the(Part::RestoreRun).status.mover_logs = kNothingSelected;
    world.claim->pvc.annotations[std::string(key::kAcceptUnverified)] = world.run_token();
  }
  const std::string by = accepted ? "person" : "log";
  CHECK(audit(world).verified_by == by);
  world.settle();
  CHECK(audit(world).verified_by == by);
  CHECK(audit(world).missing.find("owners and modes") != std::string::npos);
  REQUIRE(world.populate());
  world.settle();
  CHECK(audit(world).restore == "closed");
  CHECK(audit(world).verified_by == by);
  CHECK(audit_values({audit(world)})[0]["verifiedBy"] == by);
  world.create_claim("uid-2");
  promise(*world.claim);
  CHECK(audit(world).verified_by.empty());
}

TEST_CASE("a restore that brought too little is a gap, with its token and the reason") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", kNothingSelected, image("empty"));
  world.settle();
  const AuditItem item = audit(world);
  CHECK(item.restore == to_string(Restore::Stage::Unverified));
  CHECK_FALSE(item.restore_token.empty());
  CHECK_FALSE(item.waits_for.empty());
  CHECK(item.gap);
}

TEST_CASE("who asks for protection in a way that gives none has a gap, who asks for none has not") {
  const auto gap_with = [](const core::StringMap& labels) {
    World world = bound();
    world.claim->pvc.labels = labels;
    return audit(world).gap;
  };
  CHECK(gap_with({{"backup", "weekly"}}));
  CHECK(gap_with({{"backup-exempt", "true"}}));
  CHECK(gap_with({{"pvc-plumber.io/enabled", "true"}}));
  CHECK_FALSE(gap_with({}));
  World block = bound();
  block.claim->pvc.volume_mode = "Block";
  CHECK(audit(block).gap);
}

TEST_CASE("annotations that would ignore existing backups are named, where there are backups") {
  World world = healthy();
  const core::StringMap annotations = {{"volsync.backup/skip-restore", "true"},
                                       {"volsync.backup/skip-restore-reason", "new"},
                                       {"holdfast.dev/restore-from", "a/b"},
                                       {"holdfast.dev/accept-vanished", "t: r"},
                                       {"holdfast.dev/accept-older-backups", "r"}};
  world.claim->pvc.annotations = annotations;
  CHECK(audit(world).ignored == std::vector<std::string>{"volsync.backup/skip-restore", "holdfast.dev/restore-from"});
  world.evidence = current({});
  CHECK(audit(world).ignored.empty());
}

TEST_CASE("what would be refused is a gap with its cause and what to do, and what a hold says is not said twice") {
  World world = healthy();
  core::Verdict verdict;
  verdict.outcome = core::Refuse{};
  verdict.code = core::Code::NoBackupAsOf;
  verdict.message = core::denial_message(verdict.code, "m/p: none so old", "the index", {}, "choose a later time");
  Plan plan = world.plan();
  const auto gap = [&] { return audit_item(world.view(), plan, verdict, world.policy).gaps.at(0); };
  CHECK(gap().reason == "NoBackupAsOf");
  CHECK_THAT(gap().message, Catch::StartsWith("were it created now, it would be refused: m/p: none so old; ") &&
                                Catch::EndsWith("; choose a later time"));
  plan.holds.push_back({Part::Source, "NoBackupAsOf", "as the hold says", false, {}});
  CHECK(gap() == Gap{"NoBackupAsOf", ""});
  verdict.outcome = core::Wait{};
  plan.holds.clear();
  CHECK(audit_item(world.view(), plan, verdict, world.policy).gaps.empty());
}

TEST_CASE("of a claim in a file only what a file can say is said") {
  World world;
  world.claim->uid.clear();
  View view = world.view();
  Plan plan;
  plan.protection = {core::Protection::Why::Protected, core::Tier::Daily};
  const AuditItem item = audit_item(view, plan, {}, world.policy);
  CHECK(item.verdict == "wait");
  CHECK(item.phase.empty());
  CHECK(item.source.empty());
  CHECK(item.destination.empty());
  CHECK_FALSE(item.gap);
}

TEST_CASE("the list is sorted, in camelCase, and silent about what is empty") {
  AuditItem b;
  b.pvc = {"media", "data"};
  b.protection = "exempt";
  AuditItem a = b;
  a.pvc.ns = "db";
  a.last_backup = kNoon;
  a.waits_for = {"NotBound: …"};
  a.gap = true;
  const Json::Value values = holdfast::test::parse(audit_json({b, a}))["items"];
  REQUIRE(values.size() == 2);
  CHECK(values[0]["namespace"] == "db");
  CHECK(values[0]["gap"] == true);
  CHECK(values[0]["lastBackup"] == "2026-03-01T12:00:00Z");
  CHECK(values[0]["waitsFor"][0] == "NotBound: …");
  CHECK(values[1].getMemberNames() == std::vector<std::string>{"gap", "namespace", "protected", "protection", "pvc"});
  CHECK(audit_json({}) == R"({"items":[]})");
}

TEST_CASE("the table has a line for each PVC, and below it what it waits for") {
  AuditItem item;
  item.pvc = {"media", "data"};
  item.is_protected = true;
  item.protection = "protected";
  item.tier = "daily";
  item.source = "held";
  item.gap = true;
  item.waits_for = {"ForeignObject: somebody's"};
  item.ignored = {"holdfast.dev/restore-from"};
  const std::string text = audit_text({item});
  CHECK_THAT(text, Contains("media/data  protected daily  held"));
  CHECK_THAT(text, Contains("GAP\n"));
  CHECK_THAT(text, Contains("    waits for ForeignObject: somebody's\n"));
  CHECK_THAT(text, Contains("    its backups are ignored because of holdfast.dev/restore-from\n"));
}
