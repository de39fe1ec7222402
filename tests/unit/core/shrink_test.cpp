// Rule 7, its end: the newest backup holds much less than those before it, as of a volume that lost its files.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

/// Backups a day apart, which held so many files each; the last is the newest.
Evidence backups(const std::vector<std::int64_t>& files, std::string_view source = kOwnSource) {
  std::vector<ListedSnapshot> all;
  Time start = at("2026-02-01T02:00:00.25Z");
  for (unsigned number = 1; number <= files.size(); ++number, start += std::chrono::days{1}) {
    all.push_back(listed(source, number, format_nanoseconds(start)));
    all.back().files = files[number - 1];
  }
  return current(all);
}

Case with(const std::vector<std::int64_t>& files) {
  Case c;
  c.evidence = backups(files);
  return c;
}

std::string as_of_line(std::string_view day) {
  return "`holdfast.dev/restore-as-of: \"2026-02-" + std::string(day) + "T02:00:00.25Z\"`";
}

std::string warning(const Case& c) {
  const Verdict verdict = c.decide();
  CHECK(answer(verdict) == "restore BackupFound");
  REQUIRE(verdict.warnings.size() == 1);
  return verdict.warnings[0];
}

const Severity kSeverities[] = {Severity::Deny, Severity::Warn, Severity::Off};

}  // namespace

TEST_CASE("a newest backup without a file is refused while one of the last ten has some, and both are named") {
  const Verdict verdict = with({500, 0}).decide();
  CHECK(answer(verdict) == "refuse BackupShrunk");
  CHECK(contains(verdict.message, "snapshot " + snapshot_id(2) + " of 2026-02-02T02:00:00.25Z, holds 0 files"));
  CHECK(contains(verdict.message, "snapshot " + snapshot_id(1) + " of 2026-02-01T02:00:00.25Z held 500"));
  CHECK(contains(verdict.message, "restore the older one add the annotation " + as_of_line("01")));
  CHECK(contains(verdict.message, "restore the newest all the same " + as_of_line("02")));
}

TEST_CASE("either line of a refused restore settles it, and takes the backup that it is for") {
  Case c = with({500, 0});
  c.annotate(key::kRestoreAsOf, "2026-02-01T02:00:00.25Z");
  CHECK(answer(c) == "restore BackupFound");
  CHECK(std::get<Restore>(c.decide().outcome).snapshot.id == snapshot_id(1));
  c.annotate(key::kRestoreAsOf, "2026-02-02T02:00:00.25Z");
  CHECK(std::get<Restore>(c.decide().outcome).snapshot.id == snapshot_id(2));
  CHECK(c.decide().warnings.empty());
}

TEST_CASE("the older one that is named is the newest that has not shrunk, not the largest") {
  for (const auto& files : std::vector<std::vector<std::int64_t>>{{900, 1000, 990, 0}, {1000, 1, 990, 50, 0}}) {
    const Verdict verdict = with(files).decide();
    CHECK(answer(verdict) == "refuse BackupShrunk");
    CHECK(contains(verdict.message, "held 990"));
  }
}

TEST_CASE("a newest backup with less than a tenth of the files is restored with a warning that fits its header") {
  Case c = with({1'000'000'000'000, 12});
  const std::string text = warning(c);
  CHECK(text.starts_with("BackupShrunk: the newest backup holds 12 files, and one before it 1000000000000: "));
  CHECK(contains(text, as_of_line("01") + " restores that one, " + as_of_line("02") + " the newest"));
  CHECK(text.size() + 2 * std::string_view("0000000").size() <= 256);
  CHECK(std::get<Restore>(c.decide().outcome).snapshot.id == snapshot_id(2));
}

TEST_CASE("a tenth of the files, or what always was small, is no shrinking") {
  for (const auto& files :
       std::vector<std::vector<std::int64_t>>{{100, 10}, {10, 9}, {1}, {0}, {0, 0, 0}, {0, 1}, {1, 500}, {9, 0, 1}}) {
    CHECK(answer(with(files)) == "restore BackupFound");
    CHECK(with(files).decide().warnings.empty());
  }
  CHECK(warns(with({101, 10}).decide(), Code::BackupShrunk));
}

TEST_CASE("the newest backup is compared with the last ten, itself among them") {
  std::vector<std::int64_t> files(10, 0);
  files[0] = 500;
  CHECK(answer(with(files)) == "refuse BackupShrunk");
  files.push_back(0);
  CHECK(answer(with(files)) == "restore BackupFound");
}

TEST_CASE("what is said of an empty and of a shrunk backup, and how much is enough, are settings of their own") {
  for (const Severity severity : kSeverities) {
    Case empty = with({500, 0}), shrunk = with({500, 5});
    empty.policy.shrink = {.empty = severity, .shrunk = Severity::Off};
    shrunk.policy.shrink = {.empty = Severity::Off, .shrunk = severity};
    for (const Case& c : {empty, shrunk}) {
      CHECK((answer(c) == "refuse BackupShrunk") == (severity == Severity::Deny));
      CHECK(warns(c.decide(), Code::BackupShrunk) == (severity == Severity::Warn));
    }
  }
  Case c = with({100, 49});
  c.policy.shrink.keep_percent = 49;
  CHECK(c.decide().warnings.empty());
  c.policy.shrink.keep_percent = 50;
  CHECK(warns(c.decide(), Code::BackupShrunk));
  c = with({100, 1});
  c.policy.shrink.keep_percent = 0;
  CHECK(c.decide().warnings.empty());
  c = with({100, 0});
  c.policy.shrink.keep_percent = 0;
  CHECK(answer(c) == "refuse BackupShrunk");
}

TEST_CASE("whose backup is restored on request is asked the same, and only under that name") {
  Case c;
  c.policy.restore_from = {{{"old", "db"}, {"media", "data"}}};
  c.annotate(key::kRestoreFrom, "old/db");
  c.evidence = backups({500, 0}, "db-backup@old:/data");
  CHECK(answer(c) == "refuse BackupShrunk");
  c.evidence = backups({500, 0});
  CHECK(answer(c) == "refuse RestoreFromNoBackup");
}

TEST_CASE("a refused restore of a PVC with the longest names keeps both lines") {
  Case c;
  c.pvc().ns = std::string(63, 'n');
  c.pvc().name = std::string(240, 'p');
  c.evidence = backups({500, 0}, c.pvc().name + "-backup@" + c.pvc().ns + ":/data");
  c.evidence.place = std::string(1000, 's');
  const Verdict verdict = c.decide();
  CHECK(answer(verdict) == "refuse BackupShrunk");
  CHECK(verdict.message.size() <= kMaxMessageBytes);
  CHECK(contains(verdict.message, as_of_line("01")));
  CHECK(contains(verdict.message, as_of_line("02")));
}

TEST_CASE("a destination that is not free is told before a backup that has shrunk") {
  Case c = with({500, 0});
  c.cluster.destination = Destination{Destination::Owner::Ours, true};
  CHECK(answer(c) == "wait RestoreImageStale");
  CHECK(cluster_matters(with({500, 0}).decide()));
}
