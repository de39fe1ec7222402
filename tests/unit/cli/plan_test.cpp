// `plan` and `audit -f` from their arguments to what they print.
#include <catch2/catch.hpp>

#include "tests/unit/cli/program.hpp"
#include "tests/unit/cli/temp_file.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

std::string snapshot(const std::string& user) {
  return R"({"id":")" + user + R"(","source":{"host":"media","userName":")" + user +
         R"(","path":"/data"},"startTime":"2026-11-20T01:00:00Z","endTime":"2026-11-20T01:01:00Z",)" +
         R"("rootEntry":{"uid":1,"summ":{"size":2048,"files":2,"numFailed":0}}})";
}

/// A repository with a backup of media/photos, and a folder for manifests.
struct House {
  TempFolder folder;
  std::string catalog = holds({"photos-backup"});

  std::string holds(const Words& users) const {
    std::string all;
    for (const std::string& user : users) all += (all.empty() ? "[" : ",") + snapshot(user);
    return folder.write("catalog.list", all + "]");
  }

  Ending run(Words words, const Words& more = {}) const {
    words.insert(words.end(), {"--index-backend", "catalog", "--catalog-file", catalog});
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }
};

std::string pvc(const std::string& name, const std::string& labels = "backup: hourly") {
  return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name + ", namespace: media, labels: {" +
         labels + "}}\nspec: {resources: {requests: {storage: 10Gi}}}\n";
}

}  // namespace

TEST_CASE("plan reads files and folders, and ends with how many of each") {
  const House house;
  const std::string a = house.folder.write("a.yaml", pvc("photos"));
  house.folder.write("apps/b.yaml", pvc("music"));
  const Ending ending = house.run({"plan", "-f", a, "-f", house.folder.path() + "/apps"});
  CHECK(ending.code == cli::kOk);
  CHECK_THAT(ending.out, Contains("media/photos ") && Contains("media/music "));
  CHECK_THAT(ending.out, Contains("\n2 PVCs: 1 restored, 1 new\n"));
  CHECK(ending.err.empty());
}

TEST_CASE("plan and audit say how old the repository is, and where it is too old for an empty start") {
  const House house;
  const std::string a = house.folder.write("a.yaml", pvc("music"));
  const Ending young = house.run({"plan", "-f", a});
  CHECK(young.code == cli::kOk);
  CHECK_THAT(young.out, Contains("\nIn the repository the newest snapshot of all is ") &&
                            Contains(" old (2026-11-20T01:01:00Z).\n"));
  CHECK_THAT(house.run({"audit", "-f", a}).out, Contains(" old (2026-11-20T01:01:00Z).\n"));
  const Ending outdated = house.run({"plan", "-o", "json", "-f", a}, {"--fresh-limit", "1m"});
  CHECK(outdated.code == cli::kCheckFailed);
  CHECK_THAT(outdated.out, Contains("\"RepositoryOutdated\"") && Contains("\"outdated\" : true") &&
                               Contains("\"newestSnapshot\" : \"2026-11-20T01:01:00Z\""));
  CHECK_THAT(house.run({"audit", "-o", "json", "-f", a}).out, Contains("\"outdated\" : false"));
}

TEST_CASE("plan has its totals in JSON too") {
  const House house;
  const Ending ending = house.run({"plan", "-o", "json", "-f", house.folder.write("a.yaml", pvc("photos", "a: b"))});
  CHECK(ending.code == cli::kCheckFailed);
  CHECK_THAT(ending.out, Contains("\"totals\"") && Contains("\"empty\" : 1") && Contains("\"pvcs\" : 1"));
}

TEST_CASE("a StatefulSet's PVCs are judged, and one that would come back without its backup fails the plan") {
  const House house;
  const auto set = [&](const std::string& labels) {
    return house.folder.write("set.yaml",
                              "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: set, namespace: media}\n"
                              "spec: {replicas: 2, volumeClaimTemplates: [{metadata: {name: data, labels: {" +
                                  labels + "}}}]}\n");
  };
  house.holds({"data-set-1-backup"});
  const Ending good = house.run({"plan", "-f", set("backup: daily")});
  CHECK(good.code == cli::kOk);
  CHECK_THAT(good.out, Contains("media/data-set-0 ") && Contains("media/data-set-1 "));
  CHECK_THAT(good.out, Contains("2 PVCs: 1 restored, 1 new"));
  CHECK_THAT(house.run({"audit", "-f", set("backup: daily")}).out, Contains("2 PVCs: 2 protected, 0 with a gap"));

  const Ending bad = house.run({"plan", "-f", set("a: b")});
  CHECK(bad.code == cli::kCheckFailed);
  CHECK_THAT(bad.out, Contains("2 PVCs: 1 new, 1 empty"));
}

TEST_CASE("nothing to judge is no answer: 3") {
  const House house;
  const std::string file = house.folder.write("a.yaml", "kind: ConfigMap\n");
  for (const char* command : {"plan", "audit"}) {
    INFO(command);
    const Ending ending = house.run({command, "-f", file});
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("nothing to judge"));
  }
}

TEST_CASE("a name that is not substituted ends plan and audit with 2, a sloppy ConfigMap does not") {
  const House house;
  const std::string named = house.folder.write("named.yaml", pvc("'${APP}'"));
  const std::string sloppy =
      house.folder.write("sloppy.yaml", "kind: ConfigMap\ndata: {a: !x 1}\n---\n" + pvc("photos"));
  for (const char* command : {"plan", "audit"}) {
    INFO(command);
    const Ending ending = house.run({command, "-f", named});
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains("named.yaml: line 1: metadata.name: \"${APP}\" is not substituted"));
    const Ending passed = house.run({command, "-f", sloppy});
    CHECK(passed.code == cli::kOk);
    CHECK_THAT(passed.err, Contains("holdfast: warning: ") && Contains("line 2: the tag !x is not supported"));
  }
}

TEST_CASE("-n is the namespace of those that name none") {
  const House house;
  const std::string file = house.folder.write(
      "a.yaml", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: photos, labels: {backup: daily}}\n");
  CHECK_THAT(house.run({"plan", "-f", file, "-n", "media"}).out, Contains("media/photos ") && Contains("1 restored"));
  CHECK_THAT(house.run({"plan", "-f", file}).out, Contains("default/photos ") && Contains("1 new"));
  CHECK(house.run({"plan", "-f", file, "-n", "No"}).code == cli::kUsage);
}

TEST_CASE("a namespace whose labels the input does not have means the same to decide, render, plan and audit") {
  const House house;
  const TempFile settings("contracts: [pvc-plumber-v4]\n");
  const std::string labels =
      "pvc-plumber.io/enabled: 'true', pvc-plumber.io/manage-volsync: 'true', pvc-plumber.io/tier: daily";
  const std::string unknown = house.folder.write("unknown.yaml", pvc("photos", labels));
  const std::string without = house.folder.write(
      "without.yaml",
      pvc("photos", labels) + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: media, labels: {a: b}}\n");
  const auto says = [&](const char* command, const std::string& file) {
    return house.run({command, "-f", file, "--config", settings.path()}).out;
  };
  CHECK_THAT(says("decide", unknown), Contains("BackupFound"));
  CHECK_THAT(says("render", unknown), Contains("ReplicationSource"));
  CHECK_THAT(says("plan", unknown), Contains("1 restored"));
  CHECK_THAT(says("audit", unknown), Contains("protected daily"));

  CHECK_THAT(says("decide", without), Contains("NotOptedIn"));
  CHECK_THAT(says("render", without), !Contains("ReplicationSource"));
  CHECK_THAT(says("plan", without), Contains("1 empty"));
  CHECK_THAT(says("audit", without), Contains("skipped-namespace-not-managed"));
}

TEST_CASE("backups that no PVC claims are listed, and fail the plan only where that is asked for") {
  const House house;
  const std::string file = house.folder.write("a.yaml", pvc("photo"));
  const Ending told = house.run({"plan", "-f", file});
  CHECK(told.code == cli::kOk);
  CHECK_THAT(told.out,
             Contains("\nBackups that no PVC claims:\n    photos-backup@media:/data: 1 snapshot, the newest "));
  CHECK_THAT(told.out,
             Contains(" old and 2.0 KiB; nearest: media/photo\nIn the repository ") && Contains("\n1 PVC: 1 new\n"));
  CHECK(house.run({"plan", "-f", file, "--require-claimed"}).code == cli::kCheckFailed);

  const Ending json = house.run({"plan", "-f", file, "-o", "json"});
  CHECK_THAT(json.out, Contains("\"unclaimed\" : 1") && Contains("\"identity\" : \"photos-backup@media:/data\""));
  const Ending audit = house.run({"audit", "-f", file});
  CHECK(audit.code == cli::kOk);
  CHECK_THAT(audit.out, Contains("photos-backup@media:/data: 1 snapshot"));
  CHECK_THAT(house.run({"audit", "-f", file, "-o", "yaml"}).out, Contains("unclaimed:"));
}

TEST_CASE("where every backup is claimed, nothing is said of that") {
  const House house;
  const std::string file = house.folder.write("a.yaml", pvc("photos"));
  const Ending ending = house.run({"plan", "-f", file, "--require-claimed"});
  CHECK(ending.code == cli::kOk);
  CHECK_THAT(ending.out, !Contains("no PVC claims"));
}

TEST_CASE("without a look at the backups it cannot be told whether all are claimed") {
  const House house;
  const std::string file =
      house.folder.write("a.yaml",
                         "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, labels: {backup: daily}}\n"
                         "spec: {dataSourceRef: {kind: PersistentVolumeClaim, name: b}}\n");
  house.folder.write("catalog.list", "no list");
  CHECK(house.run({"plan", "-f", file}).code == cli::kOk);
  CHECK(house.run({"plan", "-f", file, "--require-claimed"}).code == cli::kCannotTell);
}

TEST_CASE("what decide refuses is refused to plan and a gap to audit, with what to do") {
  const House house;
  const std::string pvc_of_old =
      "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: photos, namespace: media, ";
  for (const auto& [metadata, code] : {
           std::pair("labels: {backup: daily}, annotations: {holdfast.dev/restore-as-of: '2020-01-01T00:00:00Z'}",
                     "NoBackupAsOf"),
           std::pair("labels: {backup: daily}, annotations: {holdfast.dev/restore-as-of: soon}", "RestoreAsOfInvalid"),
           std::pair("labels: {backup-exempt: 'true'}", "ExemptReasonMissing"),
       }) {
    INFO(code);
    const std::string file = house.folder.write("a.yaml", pvc_of_old + metadata + "}\n");
    CHECK_THAT(house.run({"decide", "-f", file}).out, Contains(code));
    CHECK_THAT(house.run({"plan", "-f", file}).out, Contains("1 refused"));
    const Ending audit = house.run({"audit", "-f", file});
    CHECK(audit.code == cli::kCheckFailed);
    CHECK_THAT(audit.out, Contains(std::string("gap ") + code + ": were it created now, it would be refused: ") &&
                              Contains("or remove") && Contains("1 with a gap"));
  }
}

TEST_CASE("a tier that is none, with backups, is told of by plan and audit alike") {
  const House house;
  const std::string file = house.folder.write("a.yaml", pvc("photos", "backup: weekly"));
  for (const char* command : {"plan", "audit"}) {
    INFO(command);
    const Ending ending = house.run({command, "-f", file});
    CHECK(ending.code == cli::kCheckFailed);
    CHECK_THAT(ending.out, Contains("UnknownTier: label backup: \"weekly\" protects nothing; allowed are hourly and "
                                    "daily") &&
                               Contains("BackupsIgnored"));
  }
}

TEST_CASE("an annotation that lets backups go on is not said to ignore any") {
  const House house;
  const std::string file =
      house.folder.write("a.yaml",
                         "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: photos, namespace: media, "
                         "labels: {backup: daily}, annotations: {holdfast.dev/accept-older-backups: compared}}\n");
  CHECK_THAT(house.run({"plan", "-f", file}).out, Contains("1 restored") && !Contains("ignored"));
  CHECK_THAT(house.run({"audit", "-f", file}).out, !Contains("ignored"));
}
