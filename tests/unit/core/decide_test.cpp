// Rules 5 to 7: whether the backups can be believed, and what is promised.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

Case with_backup() {
  Case c;
  c.evidence = one_backup();
  return c;
}

/// A snapshot of 1,000 bytes into a PVC that asks for 999.
Case too_large() {
  Case c = with_backup();
  c.pvc().requested_bytes = 999;
  return c;
}

Restore restored(const Case& c) {
  const Verdict verdict = c.decide();
  REQUIRE(answer(verdict) == "restore BackupFound");
  return std::get<Restore>(verdict.outcome);
}

}  // namespace

// Rule 5.

TEST_CASE("another repository than the pinned one is refused, even while it cannot be read") {
  for (Evidence evidence : {one_backup(), no_backups(), unknown(Unknown::Why::Unavailable)}) {
    Case c;
    c.evidence = evidence;
    c.evidence.repository = repository(kOtherId);
    CHECK(answer(c) == "refuse RepositoryChanged");
    CHECK(contains(c.decide().message, kOurId));
    CHECK(contains(c.decide().message, kOtherId));
  }
}

TEST_CASE("without a pin any repository may restore") {
  Case c = with_backup();
  c.policy.pin = Unpinned{};
  CHECK(answer(c) == "restore BackupFound");
}

// Rule 6.

TEST_CASE("an index that cannot be read is a Wait") {
  Case c;
  c.evidence = unknown(Unknown::Why::Unavailable);
  CHECK(answer(c) == "wait IndexUnavailable");
  CHECK(contains(c.decide().message, "the mount does not answer"));
}

TEST_CASE("an index that is being read is a Wait of its own name") {
  Case c;
  c.evidence = unknown(Unknown::Why::Refreshing);
  CHECK(answer(c) == "wait IndexRefreshing");
}

TEST_CASE("evidence that nobody filled in is a Wait") {
  Case c;
  c.evidence = Evidence{};
  CHECK(answer(c) == "wait IndexUnavailable");
  CHECK(c.decide().evidence_at == std::nullopt);
  c.evidence.state = Current{};
  CHECK(answer(c) == "wait IndexUnavailable");
}

TEST_CASE("a pinned repository whose identity could not be read proves nothing") {
  for (Evidence evidence : {one_backup(), no_backups()}) {
    Case c;
    c.evidence = evidence;
    c.evidence.repository.reset();
    CHECK(answer(c) == "wait IndexUnavailable");
  }
}

TEST_CASE("a Wait says when it is tried again") {
  Case c;
  c.evidence = unknown(Unknown::Why::Unavailable);
  c.policy.retry_after = std::chrono::seconds{4};
  CHECK(contains(c.decide().message, "every 4 s"));
}

// Rule 7.

TEST_CASE("a proven backup is promised to the PVC") {
  const Restore restore = restored(with_backup());
  CHECK(to_string(restore.source) == kOwnSource);
  CHECK(restore.snapshot.id == snapshot_id(1));
  CHECK(restore.snapshot.start_time == "2026-02-28T02:00:00Z");
  CHECK(restore.destination == "data-backup");
  CHECK_FALSE(restore.reference_present);
}

TEST_CASE("a promise says on what evidence it rests and which snapshot it means") {
  const Verdict verdict = with_backup().decide();
  CHECK(verdict.evidence_at == kChecked);
  CHECK(verdict.message ==
        "snapshot " + snapshot_id(1) + " of data-backup@media:/data from 2026-02-28T02:00:00Z will be restored");
  CHECK(verdict.warnings.empty());
}

TEST_CASE("of many snapshots the newest is promised") {
  Case c;
  c.evidence = current({listed(kOwnSource, 1, "2026-02-01T02:00:00Z"), listed(kOwnSource, 3, "2026-02-03T02:00:00Z"),
                        listed(kOwnSource, 2, "2026-02-02T02:00:00Z")});
  CHECK(restored(c).snapshot.id == snapshot_id(3));
}

TEST_CASE("only an incomplete snapshot is no backup") {
  ListedSnapshot unfinished = listed(kOwnSource, 1, "2026-02-28T02:00:00Z");
  unfinished.incomplete = "checkpoint";
  Case c;
  c.evidence = current({unfinished});
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("another PVC's backup is no backup") {
  Case c;
  c.evidence = current({listed("data-backup@other:/data", 1, "2026-02-28T02:00:00Z"),
                        listed("data2-backup@media:/data", 2, "2026-02-28T02:00:00Z")});
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("a snapshot with unreadable entries is restored with a warning, never taken for none") {
  ListedSnapshot snapshot = listed(kOwnSource, 1, "2026-02-28T02:00:00Z");
  snapshot.failed = 2;
  Case c;
  c.evidence = current({snapshot});
  CHECK(answer(c) == "restore BackupFound");
  CHECK(warns(c.decide(), Code::SnapshotHasErrors));
}

TEST_CASE("the first identity with a complete snapshot wins where a later one has none that are newer") {
  Case c;
  c.policy.identities = {*IdentityTemplate::parse("{pvc}@{namespace}:/a"),
                         *IdentityTemplate::parse("{pvc}@{namespace}:/b")};
  c.evidence = current({listed("data@media:/b", 2, "2026-02-28T00:00:00Z")});
  CHECK(restored(c).source.path == "/b");
  const auto a = listed("data@media:/a", 1, "2026-01-01T00:00:00Z");
  c.evidence = current({listed("data@media:/b", 2, "2025-12-31T00:00:00Z"), a});
  CHECK(restored(c).source.path == "/a");
  c.evidence = current({listed("data@media:/b", 2, "2026-02-28T00:00:00Z"), a});
  CHECK(answer(c) == "refuse IdentityAmbiguous");
  CHECK(contains(c.decide().message, "`holdfast.dev/restore-identity: data@media:/b`"));
}

TEST_CASE("backups that could be another PVC's are refused, and the message names the way out") {
  Case c;
  c.pvc().name = "my.app.data";
  c.evidence = current({listed("myappdata-backup@media:/data", 1, "2026-02-28T02:00:00Z")});
  CHECK(answer(c) == "refuse IdentityAmbiguous");
  CHECK(contains(c.decide().message, "`holdfast.dev/restore-identity: myappdata-backup@media:/data`"));
}

TEST_CASE("restore-identity settles an ambiguity") {
  Case c;
  c.pvc().name = "my.app.data";
  c.evidence = current({listed("myappdata-backup@media:/data", 1, "2026-02-28T02:00:00Z")});
  c.annotate(key::kRestoreIdentity, "myappdata-backup@media:/data");
  CHECK(restored(c).source.user == "myappdata-backup");
}

TEST_CASE("a sure identity is restored although an ambiguous one has backups too") {
  Case c;
  c.pvc().name = "my.app.data";
  c.evidence = current({listed("my.app.data-backup@media:/data", 1, "2026-02-01T02:00:00Z"),
                        listed("myappdata-backup@media:/data", 2, "2026-02-28T02:00:00Z")});
  CHECK(restored(c).snapshot.id == snapshot_id(1));
}

TEST_CASE("a restore that never ended is a Wait, because its old image would be taken") {
  Case c = with_backup();
  c.cluster.destination = Destination{Destination::Owner::Ours, true};
  CHECK(answer(c) == "wait RestoreImageStale");
  c.cluster.destination = Destination{Destination::Owner::Ours, false};
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("a foreign destination of that name is refused, with or without an image") {
  for (const bool image : {false, true}) {
    Case c = with_backup();
    c.cluster.destination = Destination{Destination::Owner::Foreign, image};
    CHECK(answer(c) == "refuse ForeignDestination");
  }
}

TEST_CASE("an image on a destination that is not taken over yet is refused with what to delete, not waited for") {
  Case c = with_backup();
  c.cluster.destination = Destination{Destination::Owner::Adoptable, true};
  CHECK(answer(c) == "refuse ForeignDestination");
  CHECK(contains(c.decide().message, "delete ReplicationDestination data-backup in the namespace media"));
  c.cluster.destination = Destination{Destination::Owner::Adoptable, false};
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("a foreign destination does not matter where there is nothing to restore") {
  Case c;
  c.cluster.destination = Destination{Destination::Owner::Foreign, true};
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("a snapshot larger than the request is refused by default") {
  CHECK(answer(too_large()) == "refuse RestoreDoesNotFit");
  Case exact = too_large();
  exact.pvc().requested_bytes = 1000;
  CHECK(answer(exact) == "restore BackupFound");
}

TEST_CASE("fit warn restores a larger snapshot with a warning of that name") {
  Case c = too_large();
  c.policy.fit = Severity::Warn;
  CHECK(answer(c) == "restore BackupFound");
  CHECK(warns(c.decide(), Code::RestoreDoesNotFit));
}

TEST_CASE("fit off restores a larger snapshot and says nothing") {
  Case c = too_large();
  c.policy.fit = Severity::Off;
  CHECK(answer(c) == "restore BackupFound");
  CHECK(c.decide().warnings.empty());
}

TEST_CASE("a PVC without a request is not held to any size") {
  Case c = too_large();
  c.pvc().requested_bytes.reset();
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("restore-as-of promises the newest snapshot at or before that time") {
  Case c;
  c.evidence = current({listed(kOwnSource, 1, "2026-02-01T02:00:00Z"), listed(kOwnSource, 2, "2026-02-02T02:00:00Z")});
  c.annotate(key::kRestoreAsOf, "2026-02-02T01:59:59Z");
  CHECK(restored(c).snapshot.id == snapshot_id(1));
  c.annotate(key::kRestoreAsOf, "2026-02-02T03:00:00+01:00");
  CHECK(restored(c).snapshot.id == snapshot_id(2));
  CHECK(restored(c).as_of == at("2026-02-02T02:00:00Z"));
}

TEST_CASE("an as-of time before the first snapshot is refused, and the first is named") {
  Case c = with_backup();
  c.annotate(key::kRestoreAsOf, "2026-01-01T00:00:00Z");
  CHECK(answer(c) == "refuse NoBackupAsOf");
  CHECK(contains(c.decide().message, "2026-02-28T02:00:00Z"));
}

TEST_CASE("an as-of time without any backup is refused, not served with an empty volume") {
  Case c;
  c.annotate(key::kRestoreAsOf, "2026-01-01T00:00:00Z");
  CHECK(answer(c) == "refuse NoBackupAsOf");
}

TEST_CASE("restore-from restores the other PVC's backup into this one") {
  Case c;
  c.policy.restore_from = {{{"old", "db"}, {"media", "data"}}};
  c.annotate(key::kRestoreFrom, "old/db");
  c.evidence = current(
      {listed("db-backup@old:/data", 1, "2026-02-01T02:00:00Z"), listed(kOwnSource, 2, "2026-02-28T02:00:00Z")});
  CHECK(to_string(restored(c).source) == "db-backup@old:/data");
  CHECK(restored(c).destination == "data-backup");
}

TEST_CASE("restore-from without a backup there is refused, even if this PVC has one") {
  Case c = with_backup();
  c.policy.restore_from = {{{"old", "db"}, {"media", "data"}}};
  c.annotate(key::kRestoreFrom, "old/db");
  CHECK(answer(c) == "refuse RestoreFromNoBackup");
}

TEST_CASE("restore-identity without a snapshot there is refused, even if this PVC has one") {
  Case c = with_backup();
  c.annotate(key::kRestoreIdentity, "nobody@media:/data");
  CHECK(answer(c) == "refuse RestoreIdentityInvalid");
}

TEST_CASE("our own reference from Git is marked, so that only the annotations are added") {
  Case c = with_backup();
  c.refer_to_own_destination();
  CHECK(restored(c).reference_present);
}
