// ReplicationSources in the input: whose backups are whose, as far as the files say so.
#include <catch2/catch.hpp>

#include "src/cli/input/dry_run.hpp"
#include "tests/unit/cli/input_text.hpp"
#include "tests/unit/cli/program.hpp"
#include "tests/unit/cli/temp_file.hpp"

using namespace holdfast;
using namespace holdfast::cli;
using namespace holdfast::test;
using Catch::Contains;

namespace {

const std::string kHourly = "labels: {backup: hourly}";

/// One in the namespace media with this spec, in flow style.
std::string source(const std::string& name, const std::string& spec, const std::string& ns = ", namespace: media") {
  return "---\napiVersion: volsync.backube/v1alpha1\nkind: ReplicationSource\nmetadata: {name: " + name + ns +
         "}\nspec: {" + spec + "}\n";
}

std::string names_nightly(const std::string& pvc) {
  return "sourcePVC: " + pvc + ", kopia: {username: nightly, hostname: media, sourcePathOverride: /srv}";
}

const core::Evidence kNightly = evidence({fakes::listed("s1", "nightly@media:/srv")});

generator::AuditItem judged(const std::string& text, const core::Evidence& evidence = kNightly) {
  const auto items = dry_run(input(text), evidence, with_catalog(), kNow);
  REQUIRE(!items.empty());
  return items[0];
}

}  // namespace

TEST_CASE("the PVCs of the input are known when it is asked whose a backup could be") {
  const core::Evidence v4 = evidence({fakes::listed("s1", "photos-backup@media:/data")});
  const std::string photos = claim("photos", kHourly), namesake = claim("photos-backup", "labels: {app: x}");
  CHECK(judged(photos, v4).code == "BackupFound");
  CHECK(judged(photos + "---\n" + namesake, v4).code == "IdentityAmbiguous");
  const core::Evidence spelled = evidence({fakes::listed("s1", "myapp-backup@media:/data")});
  CHECK(judged(claim("myapp", kHourly), spelled).code == "BackupFound");
  CHECK(judged(claim("myapp", kHourly) + "---\n" + claim("my.app", "labels: {app: x}"), spelled).code ==
        "IdentityAmbiguous");
}

TEST_CASE("backups that could as well be another PVC's are not said to be lost by one that wants none") {
  const core::Evidence evidence = test::evidence({fakes::listed("s1", "photos-backup@media:/data")});
  const generator::AuditItem item = judged(claim("photos-backup", "labels: {app: x}"), evidence);
  CHECK(item.gaps.empty());
  CHECK(fate_of(item, true) == Fate::New);
}

namespace {

/// The one warning, behind the file's name.
std::string warning(const std::string& text) {
  const Input read = input(text);
  REQUIRE(read.warnings.size() == 1);
  return read.warnings[0].substr(read.warnings[0].find(": ") + 2);
}

}  // namespace

TEST_CASE("what only a ReplicationSource of the input tells is restored, wherever it stands") {
  const std::string pvc = claim("photos", kHourly), says = source("any", names_nightly("photos"));
  CHECK(judged(pvc).code == "NoBackup");
  CHECK(judged(pvc + says).code == "BackupFound");
  CHECK(judged(says + pvc).code == "BackupFound");
  CHECK_THAT(judged(pvc + says).message, Contains("nightly@media:/srv"));
  CHECK(judged(says + claim("photos", "labels: {app: x}")).last_backup);  // it would be lost
}

TEST_CASE("a ReplicationSource that names nothing backs up under its own name and namespace") {
  const auto backup = evidence({fakes::listed("s1", "nightly@media:/data")});
  CHECK(judged(claim("photos", kHourly) + source("nightly", "sourcePVC: photos, kopia: {}"), backup).code ==
        "BackupFound");
}

TEST_CASE("a backup that a ReplicationSource of the input calls another PVC's is not restored") {
  const auto backup = evidence({fakes::listed("s1", "photos-backup@media:/data")});
  const std::string pvc = claim("photos", kHourly);
  const std::string spec = "kopia: {username: photos-backup, hostname: media}, sourcePVC: ";
  CHECK(judged(pvc, backup).code == "BackupFound");
  CHECK(judged(pvc + source("a", spec + "music"), backup).code == "NoBackup");
  const auto disputed = judged(pvc + source("a", spec + "music") + source("b", spec + "photos"), backup);
  CHECK(disputed.code == "IdentityAmbiguous");
  CHECK(fate_of(disputed, true) == Fate::Refused);
}

TEST_CASE("a ReplicationSource speaks of PVCs of its own namespace, and of no other mover's backups") {
  const std::string pvc = claim("photos", kHourly);
  CHECK(judged(pvc + source("a", names_nightly("photos"), ", namespace: elsewhere")).code == "NoBackup");
  CHECK(judged(pvc + source("a", "sourcePVC: photos, restic: {}")).code == "NoBackup");
  CHECK(input(source("a", "sourcePVC: '${APP}', restic: {}")).warnings.empty());
}

TEST_CASE("a list of ReplicationSources, as kubectl prints it, is read") {
  const std::string list =
      "---\n{apiVersion: volsync.backube/v1alpha1, kind: ReplicationSourceList, items: "
      "[{metadata: {name: a, namespace: media}, spec: {" +
      names_nightly("photos") + "}}]}\n";
  CHECK(judged(claim("photos", kHourly) + list).code == "BackupFound");
}

TEST_CASE("a ReplicationSource that cannot be read is a warning with file and line, and the PVCs are judged") {
  const std::string pvc = claim("photos", kHourly);
  const auto told = [&](const std::string& spec) { return warning(pvc + source("a", spec)); };
  CHECK_THAT(told("sourcePVC: '${APP}', kopia: {}"),
             Contains("line 7: ReplicationSource media/a: it is not substituted, so nothing is known of its backups"));
  CHECK_THAT(told("sourcePVC: x, kopia: {username: '{{ x }}'}"), Contains("it is not substituted"));
  CHECK_THAT(told("sourcePVC: x, kopia: {username: 7}"),
             Contains("spec.kopia.username: expected a string, found a number (quote it) (ReplicationSource)"));
  CHECK_THAT(told("sourcePVC: true, kopia: {}"), Contains("spec.sourcePVC: expected a string"));
  CHECK_THAT(told("sourcePVC: x, kopia: 1"), Contains("spec.kopia: expected an object"));
  CHECK_THAT(told("sourcePVC: x, sourcePVC: y, kopia: {}"), Contains("sourcePVC"));
  CHECK_THAT(warning(source("''", names_nightly("x"))), Contains("metadata.name: missing (ReplicationSource)"));
  CHECK_THAT(warning(source("a", names_nightly("x"), ", namespace: a_b")), Contains("its namespace is no name"));
  CHECK(judged(pvc + source("a", "sourcePVC: 1, kopia: {}"), evidence({})).code == "NoBackup");
}

TEST_CASE("what another kind has under a ReplicationSource's names is its own affair") {
  const std::string set =
      "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: media}\n"
      "spec: {sourcePVC: 1, kopia: true, volumeClaimTemplates: [{metadata: {name: data}}]}\n";
  CHECK(input(set).warnings.empty());
  CHECK(input("---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
              "spec: {sourcePVC: 1, kopia: {username: 1}}\n")
            .claims.size() == 1);
}

TEST_CASE("plan, audit and decide agree on a backup that only a ReplicationSource of the input names") {
  const TempFolder folder;
  const std::string catalog = folder.write(
      "catalog.list",
      R"([{"id":"s1","source":{"host":"media","userName":"nightly","path":"/srv"},"startTime":"2026-11-20T01:00:00Z",)"
      R"("endTime":"2026-11-20T01:01:00Z","rootEntry":{"uid":1,"summ":{"size":2048,"files":2,"numFailed":0}}}])");
  const std::string pvc = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: photos, " + kHourly + "}\n";
  const std::string manifests = folder.write("all.yaml", pvc + source("a", names_nightly("photos"), ""));
  const auto run = [&](const std::string& command) {
    return run_program(
        {command, "-f", manifests, "-n", "media", "--index-backend", "catalog", "--catalog-file", catalog});
  };
  CHECK_THAT(run("plan").out, Contains("BackupFound") && Contains("1 PVC: 1 restored") && !Contains("no PVC claims"));
  CHECK(run("plan").code == kOk);
  CHECK_THAT(run("audit").out, Contains("2026-11-20T01:01:00Z") && !Contains("no PVC claims"));
  CHECK_THAT(run("decide").out, Contains("BackupFound") && Contains("nightly@media:/srv"));
}

TEST_CASE("a backup that a ReplicationSource of the input gives to the PVC restored from is claimed") {
  const std::string from = claim("copy", kHourly + ", annotations: {holdfast.dev/restore-from: media/photos}");
  CHECK(unclaimed(input(from), kNightly, with_catalog()).size() == 1);
  CHECK(unclaimed(input(from + source("a", names_nightly("photos"))), kNightly, with_catalog()).empty());
}
