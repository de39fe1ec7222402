// Rules 8 to 10: what must be true before a PVC may start empty.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

Case with_backup() {
  Case c;
  c.evidence = one_backup();
  return c;
}

Case unpinned() {
  Case c;
  c.policy.pin = Unpinned{};
  return c;
}

Case vanished() {
  Case c;
  c.cluster.tombstone = std::optional<Tombstone>{{"t-1", "data-backup@media:/data", at("2026-02-01T00:00:00Z")}};
  return c;
}

Case finished(std::string_view when) {
  Case c;
  c.cluster.backup = BackupActivity{false, at(when), "ReplicationSource data-backup"};
  return c;
}

}  // namespace

TEST_CASE("the cluster matters to whatever the last rules say, and to nothing before them") {
  CHECK(cluster_matters(Case{}.decide()));
  CHECK(cluster_matters(with_backup().decide()));
  CHECK(cluster_matters(unpinned().decide()));
  Case unknown;
  unknown.evidence = {};
  CHECK_FALSE(cluster_matters(unknown.decide()));
  CHECK_FALSE(cluster_matters(Verdict{}));
}

// Rule 8.

TEST_CASE("a first backup under way is a Wait, and the message says what is running") {
  Case c;
  c.cluster.backup = BackupActivity{true, std::nullopt, "Job volsync-src-data-backup"};
  CHECK(answer(c) == "wait BackupInFlight");
  CHECK(contains(c.decide().message, "Job volsync-src-data-backup"));
}

TEST_CASE("a first backup that will hardly end is refused, and what to delete is named") {
  Case c;
  c.cluster.backup = BackupActivity{true, std::nullopt, "Job volsync-src-data-backup", "its last result is Failed",
                                    "ReplicationSource data-backup"};
  const Verdict verdict = c.decide();
  CHECK(answer(verdict) == "refuse BackupInFlight");
  CHECK(contains(verdict.message, "(Job volsync-src-data-backup): its last result is Failed"));
  CHECK(contains(verdict.message, "delete ReplicationSource data-backup in the namespace media"));
}

TEST_CASE("a backup under way does not delay a restore") {
  Case c = with_backup();
  c.cluster.backup = BackupActivity{true, std::nullopt, "ReplicationSource"};
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("a backup that ended after the proof began asks for another proof") {
  CHECK(answer(finished("2026-03-01T12:00:30Z")) == "wait IndexRefreshing");
}

TEST_CASE("a backup that ended in the second in which the proof began may have been missed") {
  Case c = finished("2026-03-01T11:59:59Z");  // Kubernetes cuts 11:59:59.9 to the same second
  c.evidence.checked_at = at("2026-03-01T11:59:59.5Z");
  CHECK(answer(c) == "wait IndexRefreshing");
  c.evidence.checked_at = at("2026-03-01T12:00:00Z");
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("a synchronisation that made no snapshot is waited for once, not for ever") {
  Case c = finished("2026-03-01T11:59:58Z");
  std::get<Current>(c.evidence.state).listing_began = at("2026-03-01T10:00:00Z");
  c.evidence.checked_at = at("2026-03-01T12:00:00Z");  // nothing has changed since that listing
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("what was read before the repository went on restores, and never says that there is no backup") {
  Case c = with_backup();
  c.evidence.state = Earlier{std::get<Current>(c.evidence.state)};
  CHECK(answer(c) == "restore BackupFound");
  c.evidence = no_backups();
  c.evidence.state = Earlier{std::get<Current>(c.evidence.state)};
  CHECK(answer(c) == "wait IndexRefreshing");
  c.evidence.state = Earlier{};
  CHECK(answer(c) == "wait IndexRefreshing");
}

// Rule 9.

TEST_CASE("backups that were seen before and are gone are refused, and the message names the way on") {
  const Case c = vanished();
  CHECK(answer(c) == "refuse BackupsVanished");
  CHECK(contains(c.decide().message, "last at 2026-02-01T00:00:00Z"));
  CHECK(contains(c.decide().message, "`holdfast.dev/accept-vanished: \"t-1: <reason>\"`"));
}

TEST_CASE("a tombstone without a date still refuses") {
  Case c;
  c.cluster.tombstone = std::optional<Tombstone>{{"t-1", "data-backup@media:/data", std::nullopt}};
  CHECK(answer(c) == "refuse BackupsVanished");
}

TEST_CASE("accept-vanished with this tombstone and a reason goes on empty") {
  Case c = vanished();
  c.annotate(key::kAcceptVanished, "t-1: wiped on purpose");
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("accept-vanished of another tombstone, or without a reason, accepts nothing") {
  for (const char* value :
       {"", "t-1", "t-1:", "t-1: ", "t-1:\t", "t-2: wiped", "t-: wiped", "t-11: wiped", ": wiped", "wiped"}) {
    Case c = vanished();
    c.annotate(key::kAcceptVanished, value);
    INFO(value);
    CHECK(answer(c) == "refuse BackupsVanished");
  }
}

// Rule 9b.

TEST_CASE("no backup in a repository that nobody pinned is refused with the line for Git") {
  const Case c = unpinned();
  CHECK(answer(c) == "refuse RepositoryUnpinned");
  CHECK(contains(c.decide().message, "index: {repositoryId: 00112233445566778899aabbccddeeff}"));
}

TEST_CASE("an unpinned repository without a readable identity still says what is missing") {
  Case c = unpinned();
  c.evidence.repository.reset();
  CHECK(answer(c) == "refuse RepositoryUnpinned");
  CHECK(contains(c.decide().message, "repositoryId: <id>"));
}

TEST_CASE("a backend without an identity needs no pin") {
  Case c;
  c.policy.pin = NoRepositoryId{};
  c.evidence.repository.reset();
  CHECK(answer(c) == "fresh NoBackup");
  c.evidence.state = one_backup().state;
  CHECK(answer(c) == "restore BackupFound");
}

// Rule 10, and the end of rule 3.

TEST_CASE("proven to have no backup, the PVC starts empty") {
  const Verdict verdict = Case{}.decide();
  CHECK(answer(verdict) == "fresh NoBackup");
  CHECK(verdict.evidence_at == kChecked);
  CHECK(verdict.warnings.empty());
}

TEST_CASE("our own reference without a backup is refused, because the PVC would stay Pending") {
  Case c;
  c.refer_to_own_destination();
  CHECK(answer(c) == "refuse ReferenceWithoutBackup");
}

// The cluster's silence.

TEST_CASE("an API server that does not answer is a Wait wherever it is asked") {
  Case destination = with_backup(), backup, tombstone;
  destination.cluster.destination = NoAnswer{"timed out"};
  backup.cluster.backup = NoAnswer{"timed out"};
  tombstone.cluster.tombstone = NoAnswer{"timed out"};
  for (const Case& c : {destination, backup, tombstone}) {
    CHECK(answer(c) == "wait ClusterUnavailable");
    CHECK(contains(c.decide().message, "timed out"));
  }
}

TEST_CASE("without a cluster connection the live questions do not apply") {
  Case fresh, restore = with_backup();
  fresh.cluster = restore.cluster = ClusterFacts{};
  CHECK(answer(fresh) == "fresh NoBackup");
  CHECK(answer(restore) == "restore BackupFound");
}

// Every verdict.

TEST_CASE("a denial names the PVC, the code, the place and the time of the proof") {
  Case c = vanished();
  const std::string message = c.decide().message;
  CHECK(message.starts_with("holdfast: BackupsVanished: media/data: "));
  CHECK(contains(message, "; checked /repository at 2026-03-01T11:59:59Z; "));
}

TEST_CASE("a denial without a proof carries the time of the decision") {
  Case c;
  c.evidence = Evidence{};
  CHECK(contains(c.decide().message, "; checked the backup index at 2026-03-01T12:00:00Z; "));
}

TEST_CASE("warnings of the object stay with the verdict, whichever it is") {
  for (Case c : {Case{}, with_backup(), vanished()}) {
    c.policy.plumber_contract = true;
    c.pvc().labels = {{"backup", "weekly"},
                      {"pvc-plumber.io/enabled", "true"},
                      {"pvc-plumber.io/manage-volsync", "true"},
                      {"pvc-plumber.io/tier", "daily"}};
    CHECK(warns(c.decide(), Code::UnknownTier));
  }
}
