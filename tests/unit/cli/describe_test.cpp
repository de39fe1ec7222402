#include "src/cli/describe.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;
using Catch::Contains;

TEST_CASE("the story of a PVC says what is, what would be, and what it waits for") {
  generator::AuditItem item;
  item.pvc = {"media", "photos"};
  item.is_protected = true;
  item.protection = "protected";
  item.tier = "hourly";
  item.phase = "Pending";
  item.verdict = "restore";
  item.code = "BackupFound";
  item.message = "snapshot s1";
  item.identity = "photos-backup@media:/data";
  item.last_backup = core::parse_rfc3339("2026-11-20T01:00:00Z");
  item.destination = "idle";
  item.source = "held";
  item.restore = "running";
  item.restore_token = "t-1";
  item.waits_for = {"NotBound: the PVC is not Bound"};
  item.ignored = {"holdfast.dev/restore-from"};
  item.warnings = {"BackupShrunk: the newest backup holds 1 files"};
  const std::string text = cli::describe(item);
  CHECK_THAT(text, Contains("media/photos: protected (hourly), Pending\n"));
  CHECK_THAT(text, Contains("if created now  restore BackupFound: snapshot s1\n"));
  CHECK_THAT(text, Contains("warning         BackupShrunk: the newest backup holds 1 files\n"));
  CHECK_THAT(text, Contains("last backup     2026-11-20T01:00:00Z\n"));
  CHECK_THAT(text, Contains("restore         running, run t-1\n"));
  CHECK_THAT(text, Contains("waits for       NotBound: the PVC is not Bound\n"));
  CHECK_THAT(text, Contains("ignores backups holdfast.dev/restore-from\n"));
  CHECK_THAT(text, !Contains("secret") && !Contains("verified by") && !Contains("missing"));
  item.verified_by = "log";
  item.missing = "2 entries are missing: the backup could not read them";
  CHECK_THAT(cli::describe(item), Contains("verified by     its mover's word") && Contains("without counts\n") &&
                                      Contains("missing         2 entries are missing"));
  item.verified_by = "counts";
  CHECK_THAT(cli::describe(item), Contains("verified by     kopia's counts"));
  item.verified_by = "person";
  CHECK_THAT(cli::describe(item), Contains("verified by     a person"));
  item.gap = true;
  item.gaps = {{"ForeignObject", ""}, {"SnapshotHasErrors", "3 entries could not be read"}};
  CHECK_THAT(cli::describe(item), Contains("NOT AS IT SHOULD BE"));
  CHECK_THAT(cli::describe(item), Contains("gap             SnapshotHasErrors: 3 entries could not be read\n"));
  CHECK_THAT(cli::describe(item), !Contains("ForeignObject"));  // a hold says it
}

TEST_CASE("of a PVC that does not exist the story tells what it would be told") {
  generator::AuditItem item;
  item.pvc = {"media", "photos"};
  item.verdict = "fresh";
  item.code = "NoBackup";
  item.message = "no complete backup exists";
  const std::string text = cli::describe_absent(item);
  CHECK_THAT(text, Contains("media/photos: there is no such PVC\n"));
  CHECK_THAT(text, Contains("fresh NoBackup: no complete backup exists"));
  CHECK_THAT(text, Contains("none known"));
}
