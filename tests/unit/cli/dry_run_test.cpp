#include <algorithm>

#include "src/cli/input/dry_run.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cli/input_text.hpp"

using namespace holdfast;
using namespace holdfast::cli;
using namespace holdfast::test;

namespace {

const std::string kHourly = "labels: {backup: hourly}";
const core::Evidence kOneBackup = evidence({fakes::listed("s1", "photos-backup@media:/data")});

Fate fate(const std::string& metadata, const core::Evidence& evidence) {
  const auto items = dry_run(input(claim("photos", metadata)), evidence, with_catalog(), kNow);
  REQUIRE(items.size() == 1);
  return fate_of(items[0], std::holds_alternative<core::Current>(evidence.state));
}

}  // namespace

TEST_CASE("what has a backup and would get it is restored, what has none is new") {
  CHECK(fate(kHourly, kOneBackup) == Fate::Restored);
  CHECK(fate(kHourly, evidence({})) == Fate::New);
  CHECK(fate("labels: {app: x}", evidence({})) == Fate::New);
}

TEST_CASE("what has a backup and would come back without it is told, and counted where somebody has said why") {
  CHECK(fate("labels: {app: x}", kOneBackup) == Fate::Lost);  // the label was forgotten
  CHECK(fate("labels: {backup: weekly}", kOneBackup) == Fate::Lost);
  CHECK(fate("labels: {backup: hourly}, annotations: {volsync.backup/skip-restore: 'true', "
             "volsync.backup/skip-restore-reason: new}",
             kOneBackup) == Fate::Ignored);
  const std::string exempt = "labels: {backup-exempt: 'true'}, annotations: {volsync.backup/backup-exempt-reason: x}";
  CHECK(fate(exempt, kOneBackup) == Fate::Ignored);
  CHECK(fate(exempt, evidence({})) == Fate::New);
}

TEST_CASE("backups that would be ignored for no reason are a gap, whatever lets the PVC through") {
  const auto gap = [](const Input& file, const core::Evidence& evidence) {
    const auto item = dry_run(file, evidence, with_catalog(), kNow).at(0);
    CHECK(item.gap == !item.gaps.empty());
    const auto found = std::ranges::find(item.gaps, "BackupsIgnored", &generator::Gap::reason);
    return found == item.gaps.end() ? std::string() : found->message;
  };
  const auto bound_by_hand = input(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: photos, namespace: media, labels: {backup: hourly}}
spec: {volumeName: pv-1}
)");
  for (const Input& file :
       {input(claim("photos", "labels: {app: x}")), input(claim("photos", "labels: {backup: weekly}")),
        input(claim("photos", "labels: {pvc-plumber.io/enabled: 'true'}")), bound_by_hand}) {
    CHECK_THAT(gap(file, kOneBackup), Catch::Contains("it would come back without its backups, the last of 2026-") &&
                                          Catch::Contains("say why: label `backup-exempt"));
    CHECK(gap(file, evidence({})).empty());
    CHECK(gap(file, core::Evidence{}).empty());
  }
  const std::string skip = "labels: {backup: weekly}, annotations: {volsync.backup/skip-restore: 'true'";
  CHECK_FALSE(gap(input(claim("photos", skip + "}")), kOneBackup).empty());
  CHECK(gap(input(claim("photos", skip + ", volsync.backup/skip-restore-reason: old}")), kOneBackup).empty());
  CHECK(gap(input(claim("photos", kHourly)), kOneBackup).empty());
}

TEST_CASE("a file from a cluster is judged like one that was written by hand") {
  const auto audit = [](const std::string& metadata) {
    return generator::audit_json(dry_run(input(claim("photos", metadata)), kOneBackup, with_catalog(), kNow));
  };
  CHECK(audit(kHourly + ", uid: u-1") == audit(kHourly));
}

TEST_CASE("what a person must mend first is refused, and what is not known is unknown") {
  CHECK(fate("labels: {backup-exempt: 'true'}", kOneBackup) == Fate::Refused);
  CHECK(fate(kHourly, core::Evidence{}) == Fate::Unknown);
  // Without a look at the repository nobody knows whether this one had backups.
  CHECK(fate("labels: {app: x}", core::Evidence{}) == Fate::Unknown);
}

TEST_CASE("a newest backup without a file is refused by a dry run, and one with few is restored and told of") {
  const auto judged = [](std::int64_t files) {
    auto full = fakes::listed("s1", "photos-backup@media:/data", "2026-11-20T01:00:00Z");
    auto newest = fakes::listed("s2", "photos-backup@media:/data", "2026-11-20T02:00:00Z");
    full.files = 100;
    newest.files = files;
    return dry_run(input(claim("photos", kHourly)), evidence({full, newest}), with_catalog(), kNow).at(0);
  };
  CHECK(fate_of(judged(0), true) == Fate::Refused);
  CHECK(judged(0).code == "BackupShrunk");
  CHECK(fate_of(judged(9), true) == Fate::Restored);
  REQUIRE(judged(9).warnings.size() == 1);
  CHECK_THAT(judged(9).warnings[0], Catch::StartsWith("BackupShrunk: "));
  CHECK(judged(10).warnings.empty());
}

TEST_CASE("a PVC with a source of its own does not come back empty, and loses the backups there are") {
  const Input file = input(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: photos, namespace: media, labels: {backup: hourly}}
spec: {dataSourceRef: {kind: PersistentVolumeClaim, name: other}}
)");
  for (const core::Evidence& evidence : {kOneBackup, evidence({})}) {
    const auto item = dry_run(file, evidence, with_catalog(), kNow).at(0);
    CHECK(fate_of(item, true) == Fate::Own);
    CHECK(loses_backups(item) == item.last_backup.has_value());
  }
}

TEST_CASE("an annotation that ignores backups is named in the item") {
  const auto items = dry_run(input(claim("photos",
                                         "labels: {backup: hourly}, annotations: {volsync.backup/skip-restore: 'true', "
                                         "volsync.backup/skip-restore-reason: new}")),
                             kOneBackup, with_catalog(), kNow);
  CHECK(items[0].ignored == std::vector<std::string>{"volsync.backup/skip-restore"});
  CHECK(items[0].last_backup);
}

TEST_CASE("a misspelt annotation and backups that are ignored are warnings of the item") {
  const std::string typo = "labels: {backup: weekly}, annotations: {holdfast.dev/restor-as-of: x}";
  const auto warnings = dry_run(input(claim("photos", typo)), kOneBackup, with_catalog(), kNow).at(0).warnings;
  REQUIRE(warnings.size() == 3);
  CHECK_THAT(warnings[0], Catch::StartsWith("UnknownAnnotation: "));
  CHECK_THAT(warnings[2], Catch::StartsWith("BackupsIgnored: "));
}

TEST_CASE("claims without a name are left out, those without a namespace are in default") {
  const Input file = input(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {generateName: data-, namespace: media}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
)");
  const auto items = dry_run(file, evidence({}), with_catalog(), kNow);
  REQUIRE(items.size() == 1);
  CHECK(to_string(items[0].pvc) == "default/data");
}

TEST_CASE("for pvc-plumber's contract the namespace's label counts") {
  core::Policy policy = with_catalog();
  policy.plumber_contract = true;
  const std::string labels =
      "labels: {pvc-plumber.io/enabled: 'true', pvc-plumber.io/manage-volsync: 'true', pvc-plumber.io/tier: daily}";
  const std::string ns = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: media, labels: ";
  const auto protection = [&](const std::string& before) {
    return dry_run(input(before + claim("photos", labels)), evidence({}), policy, kNow)[0].protection;
  };
  CHECK(protection(ns + "{pvc-plumber.io/managed-namespace: 'true'}}\n") == "protected");
  CHECK(protection(ns + "{}}\n") != "protected");
}
