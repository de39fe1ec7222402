// `snapshots`: what the repository holds, of everything and of one PVC.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/unit/cli/reachable_cluster.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

struct Kept {
  std::string id, user, start;
  std::int64_t size = 1024, files = 1, failed = 0;
  std::string path = "/data";
};

/// As `kopia snapshot list --all --json` prints them: each took five minutes, in the namespace media.
std::string listing(const std::vector<Kept>& all) {
  Json::Value list(Json::arrayValue);
  for (const Kept& kept : all) {
    Json::Value snapshot = parse(R"({"source": {"host": "media"}, "rootEntry": {"name": "data", "type": "d"}})");
    snapshot["id"] = kept.id;
    snapshot["source"]["userName"] = kept.user;
    snapshot["source"]["path"] = kept.path;
    snapshot["startTime"] = kept.start.ends_with('Z') ? kept.start : kept.start + ":00Z";
    snapshot["endTime"] = kept.start.substr(0, std::strlen("2020-03-01T02:0")) + "5:00Z";
    Json::Value& sum = snapshot["rootEntry"]["summ"];
    sum["size"] = static_cast<Json::Int64>(kept.size);
    sum["files"] = static_cast<Json::Int64>(kept.files);
    sum["numFailed"] = static_cast<Json::Int64>(kept.failed);
    list.append(snapshot);
  }
  return print(list);
}

const std::vector<Kept> kTwoPvcs = {{"p1", "photos-backup", "2020-03-01T02:00", 5LL << 30, 100},
                                    {"p2", "photos-backup", "2020-03-02T02:00", 6LL << 30, 120, 3},
                                    {"f1", "films-backup", "2020-02-01T04:10", 512, 7}};

Words with_catalog(Words words, const TempFile& catalog) {
  words.insert(words.end(), {"--index-backend", "catalog", "--catalog-file", catalog.path()});
  return words;
}

/// `holdfast snapshots <words>` without a cluster.
Ending snapshots(Words words, const std::vector<Kept>& all = kTwoPvcs) {
  words.insert(words.begin(), "snapshots");
  const TempFile catalog(listing(all));
  Ending ending = run_program(with_catalog(words, catalog));
  INFO(ending.err);
  CHECK(ending.code == cli::kOk);
  CHECK(ending.err.empty());
  return ending;
}

Json::Value items(Words words, const std::vector<Kept>& all = kTwoPvcs) {
  words.insert(words.end(), {"-o", "json"});
  return parse(snapshots(std::move(words), all).out)["items"];
}

std::vector<std::string> ids(const Json::Value& items) {
  std::vector<std::string> found;
  for (const Json::Value& item : items) found.push_back(item["id"].asString());
  return found;
}

}  // namespace

TEST_CASE("snapshots without a name has a line for each source of the repository") {
  const std::string out = snapshots({}).out;
  CHECK_THAT(out, Catch::StartsWith("SOURCE                     SNAPSHOTS  NEWEST                AGE"));
  CHECK_THAT(out, Contains("\nfilms-backup@media:/data   1          2020-02-01T04:15:00Z  "));
  CHECK_THAT(out, Contains("\nphotos-backup@media:/data  2          2020-03-02T02:05:00Z  "));
  CHECK_THAT(out, Contains("512 B    7\n") && Contains("6.0 GiB  120\n"));
  CHECK(std::count(out.begin(), out.end(), '\n') == 3);
}

TEST_CASE("snapshots without a name says the same as JSON, and nothing of claims where there is no cluster") {
  const Json::Value found = items({});
  REQUIRE(found.size() == 2);
  const Json::Value& photos = found[1];
  CHECK(photos["identity"] == "photos-backup@media:/data");
  CHECK(photos["snapshots"] == 2);
  CHECK(photos["newest"] == "2020-03-02T02:05:00Z");
  CHECK(photos["ageSeconds"].asInt64() > 100'000'000);
  CHECK(photos["size"].asInt64() == 6LL << 30);
  CHECK(photos["files"] == 120);
  CHECK_FALSE(photos.isMember("unclaimed"));
}

TEST_CASE("snapshots of an empty repository says so, and is no error") {
  CHECK(snapshots({}, {}).out == "The repository holds no complete snapshot.\n");
  CHECK(items({}, {}) == Json::Value(Json::arrayValue));
}

TEST_CASE("snapshots of one PVC lists its own, newest first, and tells which could not be read whole") {
  const std::string out = snapshots({"media/photos"}).out;
  CHECK_THAT(out, Catch::StartsWith("ID  STARTED               AGE"));
  CHECK_THAT(out, Contains("\np2  2020-03-02T02:00:00Z  ") && Contains("\np1  2020-03-01T02:00:00Z  "));
  CHECK(out.find("\np2") < out.find("\np1"));
  CHECK_THAT(out, Contains("6.0 GiB  120    photos-backup@media:/data  3 entries unreadable\n"));
  CHECK_THAT(out, Contains("5.0 GiB  100    photos-backup@media:/data\n"));
  CHECK_THAT(out, !Contains("films"));
}

TEST_CASE("when a snapshot began is shown whole: cut to the second, restore-as-of would take the one before") {
  const std::string out = snapshots({"media/photos"}, {{"p1", "photos-backup", "2020-03-01T02:00:07.123456789Z"}}).out;
  CHECK_THAT(out, Contains("\np1  2020-03-01T02:00:07.123456789Z  "));
}

TEST_CASE("snapshots of one PVC says the same as JSON") {
  const Json::Value found = items({"media/photos"});
  CHECK(ids(found) == Words{"p2", "p1"});
  const Json::Value& newest = found[0];
  CHECK(newest["identity"] == "photos-backup@media:/data");
  CHECK(newest["startTime"] == "2020-03-02T02:00:00Z");
  CHECK(newest["endTime"] == "2020-03-02T02:05:00Z");
  CHECK(newest["ageSeconds"].asInt64() > 100'000'000);
  CHECK(newest["size"].asInt64() == 6LL << 30);
  CHECK(newest["files"] == 120);
  CHECK(newest["failed"] == 3);
  CHECK_FALSE(found[1].isMember("failed"));
  CHECK_FALSE(newest.isMember("ambiguous"));
  const Json::Value whole = parse(snapshots({"media/photos", "-o", "json"}).out);
  CHECK(whole["namespace"] == "media");
  CHECK(whole["pvc"] == "photos");
}

TEST_CASE("snapshots of one PVC puts those of all its places into one order of time") {
  const std::vector<Kept> moved = {{"old1", "photos", "2020-03-01T02:00"},
                                   {"new", "photos-backup", "2020-03-02T02:00"},
                                   {"old2", "photos", "2020-03-03T02:00"}};
  CHECK(ids(items({"media/photos"}, moved)) == Words{"old2", "new", "old1"});
}

TEST_CASE("snapshots that may be another PVC's say so beside what else is to be said of them") {
  // The other naming would give the PVC `photos-backup` this name.
  const std::vector<Kept> doubtful = {{"d1", "photos-backup", "2020-03-01T02:00", 1024, 1, 2}};
  CHECK_THAT(snapshots({"media/photos-backup"}, doubtful).out,
             Contains("2 entries unreadable, may be another PVC's\n"));
  CHECK(items({"media/photos-backup"}, doubtful)[0]["ambiguous"] == true);
}

TEST_CASE("snapshots of a PVC that has none says so, and is no error") {
  CHECK(snapshots({"media/music"}).out == "The repository holds no complete snapshot of media/music.\n");
  CHECK(items({"media/music"}) == Json::Value(Json::arrayValue));
  CHECK(snapshots({"apps/photos"}).out == "The repository holds no complete snapshot of apps/photos.\n");
}

TEST_CASE("snapshots as YAML has the members of JSON") {
  CHECK_THAT(snapshots({"media/photos", "-o", "yaml"}).out,
             Contains("id: \"p2\"\n") && Contains("\npvc: \"photos\"\n"));
  CHECK_THAT(snapshots({"-o", "yaml"}).out, Contains("identity: \"films-backup@media:/data\"\n"));
}

TEST_CASE("what a source is called cannot break the lines of snapshots") {
  const std::string out = snapshots({}, {{"x1", "evil\nname", "2020-03-01T02:00"}}).out;
  CHECK_THAT(out, Contains("\nevil name@media:/data"));
}

TEST_CASE("snapshots takes no other name than <namespace>/<pvc>") {
  const TempFile catalog("[]");
  for (const char* name : {"photos", "media/", "a/b/c"}) {
    const Ending ending = run_program(with_catalog({"snapshots", name}, catalog));
    INFO(name);
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains("is not <namespace>/<pvc>") && Contains(name));
    CHECK(ending.out.empty());
  }
}

TEST_CASE("where the repository cannot be read, snapshots says why and ends with 3") {
  for (const Words& words : {Words{"snapshots"}, Words{"snapshots", "media/photos"}}) {
    Words all = words;
    all.insert(all.end(), {"--index-backend", "catalog", "--catalog-file", "/nonexistent/list.json"});
    const Ending ending = run_program(all);
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("the backups are not known: ") && Contains("/nonexistent/list.json"));
    CHECK(ending.out.empty());
  }
}

TEST_CASE("with a cluster snapshots marks the sources that no PVC claims") {
  ReachableCluster cluster;
  cluster.objects.put(kube::kClaims, parse(R"({"metadata": {"namespace": "media", "name": "photos"},
    "spec": {"resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Bound"}})"));
  const TempFile catalog(listing(kTwoPvcs));
  const Ending text = cluster.run(with_catalog({"snapshots"}, catalog));
  INFO(text.err);
  CHECK(text.code == cli::kOk);
  CHECK_THAT(text.out, Contains("512 B    7      no PVC claims it\n") && Contains("6.0 GiB  120\n"));
  const Json::Value found = parse(cluster.run(with_catalog({"snapshots", "-o", "json"}, catalog)).out)["items"];
  REQUIRE(found.size() == 2);
  CHECK(found[0]["unclaimed"] == true);
  CHECK(found[1]["unclaimed"] == false);
}

TEST_CASE("with a cluster snapshots of a PVC are also those that its ReplicationSource makes under another name") {
  ReachableCluster cluster;
  cluster.objects.put(kube::kReplicationSources, parse(R"({"metadata": {"namespace": "media", "name": "old"},
    "spec": {"sourcePVC": "photos", "kopia": {"username": "pictures", "hostname": "media"}}})"));
  const TempFile catalog(
      listing({{"p1", "photos-backup", "2020-03-01T02:00"}, {"x1", "pictures", "2020-03-02T02:00"}}));
  const Words words = with_catalog({"snapshots", "media/photos", "-o", "json"}, catalog);
  CHECK(ids(parse(cluster.run(words).out)["items"]) == Words{"x1", "p1"});
  CHECK(ids(parse(run_program(words).out)["items"]) == Words{"p1"});
}

TEST_CASE("a cluster that does not answer leaves out of snapshots what only it knows, and that is said") {
  const TempFile catalog(listing(kTwoPvcs)), nowhere(kubeconfig_text());
  const auto ask = [&](Words words) {
    words.insert(words.end(), {"--kubeconfig", nowhere.path()});
    return run_program(with_catalog(words, catalog));
  };
  const Ending all = ask({"snapshots"});
  CHECK(all.code == cli::kOk);
  CHECK_THAT(all.out, Contains("films-backup@media:/data") && !Contains("no PVC claims it"));
  CHECK_THAT(all.err, Contains("which of them no PVC claims is not known"));
  const Ending one = ask({"snapshots", "media/photos"});
  CHECK(one.code == cli::kOk);
  CHECK_THAT(one.out, Contains("\np2") && Contains("\np1"));
  CHECK_THAT(one.err, Contains("only the usual names are looked at"));
}
