#include <catch2/catch.hpp>

#include "tests/unit/webhook/admission_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

constexpr const char* kSource = "photos-backup@media:/data";

/// The object as our mutating webhook leaves it for the snapshot "s1".
Json::Value mutated_review() {
  Json::Value value = review();
  Json::Value& object = value["request"]["object"];
  Json::Value reference;
  reference["apiGroup"] = "volsync.backube";
  reference["kind"] = "ReplicationDestination";
  reference["name"] = "photos-backup";
  object["spec"]["dataSourceRef"] = reference;
  object["spec"]["dataSource"] = reference;  // as the API server copies it
  object["metadata"]["annotations"]["holdfast.dev/restored-snapshot"] = "s1";
  object["metadata"]["annotations"]["holdfast.dev/restored-as-of"] = "2026-11-20T01:00:00Z";
  object["metadata"]["annotations"]["holdfast.dev/restored-source"] = kSource;
  return value;
}

std::string code(const Json::Value& response) { return response["auditAnnotations"]["code"].asString(); }

}  // namespace

TEST_CASE("a PVC with a backup is admitted with a patch, and the review's uid comes back") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", kSource)});
  const Json::Value response = bench.ask(review());
  CHECK(response["uid"] == "u-1");
  CHECK(response["allowed"] == true);
  CHECK(response["patchType"] == "JSONPatch");
  CHECK_FALSE(response["patch"].asString().empty());
  CHECK(response["auditAnnotations"]["verdict"] == "restore");
  CHECK(response["auditAnnotations"]["snapshot"] == "s1");
}

TEST_CASE("a PVC without a backup is admitted unchanged") {
  AdmissionBench bench;
  bench.index.holds({});
  const Json::Value response = bench.ask(review());
  CHECK(response["allowed"] == true);
  CHECK_FALSE(response.isMember("patch"));
  CHECK(code(response) == "NoBackup");
}

TEST_CASE("a Wait is a 503 with a time to try again, and lets go of the connection when the index cannot be read") {
  AdmissionBench bench;
  const auto answer = bench.send(Json::writeString(Json::StreamWriterBuilder(), review()));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->close);
  const Json::Value response = parse(answer->body)["response"];
  CHECK(response["allowed"] == false);
  CHECK(response["status"]["code"] == 503);
  CHECK(response["status"]["reason"] == "IndexUnavailable");
  CHECK(response["status"]["details"]["retryAfterSeconds"] == 2);
  CHECK_THAT(response["status"]["message"].asString(), Contains("holdfast: IndexUnavailable: "));
}

TEST_CASE("a Refuse is a 403 without a time to try again") {
  AdmissionBench bench;
  Json::Value value = review();
  value["request"]["object"]["metadata"]["labels"]["backup-exempt"] = "true";
  const Json::Value response = bench.ask(value);
  CHECK(response["status"]["code"] == 403);
  CHECK(response["status"]["reason"] == "ExemptReasonMissing");
  CHECK_FALSE(response["status"].isMember("details"));
}

TEST_CASE("what is none of our business needs no look at the backups") {
  AdmissionBench bench;
  Json::Value value = review();
  value["request"]["object"]["metadata"].removeMember("labels");
  CHECK(code(bench.ask(value)) == "NotOptedIn");
  value["request"]["operation"] = "UPDATE";
  CHECK(code(bench.ask(value)) == "NotCreate");
  CHECK(bench.index.deadlines.empty());
}

TEST_CASE("a Pass that ignores a backup says so at once, by what is known") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", kSource)});
  Json::Value skipping = review();
  Json::Value& annotations = skipping["request"]["object"]["metadata"]["annotations"];
  annotations["volsync.backup/skip-restore"] = "true";
  annotations["volsync.backup/skip-restore-reason"] = "fresh start wanted";
  const Json::Value response = bench.ask(skipping);
  CHECK(code(response) == "SkipRestore");
  CHECK_THAT(response["warnings"][1].asString(), Contains("BackupsIgnored: ") && Contains("s1"));
  CHECK(bench.index.deadlines.empty());
}

TEST_CASE("the request's namespace counts, not the one the object claims") {
  AdmissionBench bench;
  Json::Value value = review();
  value["request"]["namespace"] = "kube-system";
  CHECK(code(bench.ask(value)) == "NamespaceExcluded");
}

TEST_CASE("promise annotations of a client are removed when there is no promise, and left alone outside our business") {
  AdmissionBench bench;
  bench.index.holds({});
  Json::Value value = review();
  value["request"]["object"]["metadata"]["annotations"]["holdfast.dev/restored-snapshot"] = "forged";
  CHECK(bench.ask(value).isMember("patch"));
  value["request"]["namespace"] = "kube-system";
  CHECK_FALSE(bench.ask(value).isMember("patch"));
}

TEST_CASE("validation accepts a restore that carries its promise") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", kSource)});
  const Json::Value response = bench.ask(mutated_review(), "/validate/pvc");
  CHECK(response["allowed"] == true);
  CHECK(code(response) == "BackupFound");
  CHECK_FALSE(response.isMember("patch"));
}

TEST_CASE("validation holds back a restore whose reference another webhook dropped") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", kSource)});
  Json::Value value = mutated_review();
  value["request"]["object"]["spec"].removeMember("dataSourceRef");
  value["request"]["object"]["spec"].removeMember("dataSource");
  const Json::Value response = bench.ask(value, "/validate/pvc");
  CHECK(response["status"]["code"] == 503);
  CHECK(response["status"]["reason"] == "RestoreReferenceMissing");
}

TEST_CASE("validation refuses a reference with no backup behind it") {
  AdmissionBench bench;
  bench.index.holds({});
  CHECK(bench.ask(mutated_review(), "/validate/pvc")["status"]["reason"] == "ReferenceWithoutBackup");
}

TEST_CASE("a dry run gets the same answer") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", kSource)});
  Json::Value value = review();
  const Json::Value real = bench.ask(value);
  value["request"]["dryRun"] = true;
  CHECK(bench.ask(value) == real);
}

TEST_CASE("what is no review is a well-formed denial with code 400") {
  AdmissionBench bench;
  const auto answer = bench.send("{\"kind\":\"Pod\"");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  const Json::Value response = parse(answer->body)["response"];
  CHECK(response["allowed"] == false);
  CHECK(response["status"]["code"] == 400);
  CHECK(response["status"]["reason"] == "MalformedReview");
  CHECK_THAT(bench.metrics.text(), Contains("code=\"MalformedReview\""));
}

TEST_CASE("paths, methods and media types that are not served have their HTTP status") {
  AdmissionBench bench;
  const auto status = [&](const char* method, const char* path, const char* type) {
    int seen = 0;
    bench.admission.handle({method, path, "", type, "{}", std::chrono::steady_clock::now(), false},
                           [&](net::Response r) { seen = r.status; });
    return seen;
  };
  CHECK(status("POST", "/", "application/json") == 404);
  CHECK(status("GET", "/mutate/pvc", "application/json") == 405);
  CHECK(status("POST", "/mutate/pvc", "text/plain") == 415);
  CHECK(status("POST", "/mutate/pvc", "application/json; charset=utf-8") == 200);
}

TEST_CASE(
    "above the limit of requests under way the answer is Wait Overloaded, and the room is free again afterwards") {
  AdmissionBench bench(AdmissionBench::with_catalog(), 1);
  bench.index.holds({});
  bench.index.silent = true;
  CHECK(bench.ask(review()).isNull());
  const Json::Value second = bench.ask(review());
  CHECK(second["status"]["reason"] == "Overloaded");
  CHECK(second["status"]["code"] == 503);
  bench.index.waiting.clear();
  bench.index.silent = false;
  CHECK(code(bench.ask(review())) == "NoBackup");
}

TEST_CASE("an exception on the way becomes Wait InternalError, once") {
  AdmissionBench bench;
  bench.index.before = [] { throw std::runtime_error("broken"); };
  const Json::Value response = bench.ask(review());
  CHECK(response["status"]["code"] == 503);
  CHECK(response["status"]["reason"] == "InternalError");
  CHECK(bench.answers == 1);
}

TEST_CASE("the proof's deadline is the API server's, less what the answer needs to travel") {
  AdmissionBench bench;
  const auto before = std::chrono::steady_clock::now();
  bench.send(Json::writeString(Json::StreamWriterBuilder(), review()), "/mutate/pvc", "timeout=3s");
  REQUIRE(bench.index.deadlines.size() == 1);
  CHECK(bench.index.deadlines[0] - before >= std::chrono::milliseconds(2700));
  CHECK(bench.index.deadlines[0] - before < std::chrono::milliseconds(3000));
}

TEST_CASE("the budget is never zero, never over 30 s, and 10 s where nothing is said") {
  using std::chrono::milliseconds;
  CHECK(webhook::budget("") == milliseconds(9500));
  CHECK(webhook::budget("timeout=10s") == milliseconds(9500));
  CHECK(webhook::budget("timeout=1s") == milliseconds(900));
  CHECK(webhook::budget("timeout=1ms") == milliseconds(1));
  CHECK(webhook::budget("timeout=9999s") == milliseconds(29500));
  CHECK(webhook::budget("timeout=-5s") == milliseconds(9500));
  CHECK(webhook::budget("timeout=rubbish") == milliseconds(9500));
}

TEST_CASE("permissive denies nothing and says what enforce would have said") {
  core::Policy policy = AdmissionBench::with_catalog();
  policy.mode = core::Mode::Permissive;
  AdmissionBench bench(policy);
  const Json::Value response = bench.ask(review());
  CHECK(response["allowed"] == true);
  CHECK(code(response) == "IndexUnavailable");
  CHECK_THAT(response["warnings"][0].asString(), Contains("IndexUnavailable"));
  CHECK_THAT(bench.metrics.text(), Contains("code=\"IndexUnavailable\",verdict=\"wait\""));
  bench.index.holds({fakes::listed("s1", kSource)});
  CHECK(bench.ask(review()).isMember("patch"));
}

TEST_CASE("audit changes nothing") {
  core::Policy policy = AdmissionBench::with_catalog();
  policy.mode = core::Mode::Audit;
  AdmissionBench bench(policy);
  bench.index.holds({fakes::listed("s1", kSource)});
  const Json::Value response = bench.ask(review());
  CHECK(response["allowed"] == true);
  CHECK_FALSE(response.isMember("patch"));
  CHECK(response["auditAnnotations"]["verdict"] == "restore");
}

namespace {

/// A cluster that says one thing.
struct FakeCluster : webhook::ClusterQuestions {
  core::ClusterFacts facts;
  int asked = 0;
  std::function<void()> meanwhile = [] {};
  std::vector<About> abouts;
  void ask(const core::WantsRestore&, About about, index::Deadline,
           std::function<void(core::ClusterFacts)> done) override {
    ++asked;
    abouts.push_back(about);
    meanwhile();
    core::ClusterFacts told = facts;
    if (about == About::Empty) told.destination = core::NoAnswer{"not asked"};
    if (about == About::Restore) {
      told.backup = core::NotApplicable{};
      told.tombstone = core::NotApplicable{};
    }
    done(told);
  }
  Labels labels = core::NoAnswer{"nobody is there"};
  std::vector<std::string> namespaces;
  void ask_namespace(const std::string& name, index::Deadline, std::function<void(Labels)> done) override {
    namespaces.push_back(name);
    done(labels);
  }
};

}  // namespace

namespace {

Json::Value ask_at(webhook::Admission& admission, const Json::Value& about = review(),
                   const std::string& path = "/mutate/pvc") {
  Json::Value answer;
  admission.handle({"POST", path, "", "application/json", Json::writeString(Json::StreamWriterBuilder(), about),
                    std::chrono::steady_clock::now(), false},
                   [&](net::Response r) { answer = parse(r.body)["response"]; });
  return answer;
}

}  // namespace

TEST_CASE("a backup that ends while the cluster is being asked is restored") {
  AdmissionBench bench;
  bench.index.holds({});
  FakeCluster cluster;
  cluster.facts.backup = core::BackupActivity{};
  cluster.meanwhile = [&] { bench.index.holds({fakes::listed("s1", "photos-backup@media:/data")}); };
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  const Json::Value answer = ask_at(admission);
  CHECK(answer["allowed"] == true);
  CHECK(answer.isMember("patch"));
}

TEST_CASE("what the cluster said when a PVC was mutated stands for its validation, which proves once more") {
  AdmissionBench bench;
  bench.index.holds({});
  FakeCluster cluster;
  cluster.facts.backup = core::BackupActivity{};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["allowed"] == true);
  CHECK(bench.index.deadlines.size() == 2);
  CHECK(ask_at(admission, review(), "/validate/pvc")["allowed"] == true);
  CHECK(cluster.asked == 1);
  CHECK(bench.index.deadlines.size() == 3);
  // A second validation is no part of that creation any more.
  CHECK(ask_at(admission, review(), "/validate/pvc")["allowed"] == true);
  CHECK(cluster.asked == 2);
  CHECK(bench.index.deadlines.size() == 5);
}

TEST_CASE("what the cluster said to a PVC that was denied stands for nothing") {
  AdmissionBench bench;
  bench.index.holds({});
  FakeCluster cluster;
  cluster.facts.backup = core::BackupActivity{true, std::nullopt, "Job volsync-src-photos-backup"};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["status"]["reason"] == "BackupInFlight");
  cluster.facts.backup = core::BackupActivity{};
  CHECK(ask_at(admission, review(), "/validate/pvc")["allowed"] == true);
  CHECK(cluster.asked == 2);
}

TEST_CASE("what is in the way of a fresh start counts only when the names of all PVCs are known") {
  AdmissionBench bench;
  bench.index.holds({});
  FakeCluster cluster;
  cluster.facts.knows_claims = false;
  cluster.facts.tombstone = std::optional<core::Tombstone>{{"t-1", "photos-backup@media:/data", std::nullopt}};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["status"]["reason"] == "BackupsVanished");
  CHECK(cluster.abouts == std::vector{FakeCluster::About::Empty, FakeCluster::About::Everything});
  cluster.facts.tombstone = std::optional<core::Tombstone>();
  CHECK(ask_at(admission)["allowed"] == true);
  CHECK(cluster.abouts.size() == 3);
}

TEST_CASE("the second proof settles a backup that ended lately, by whatever clock") {
  AdmissionBench bench;
  bench.index.holds({});
  FakeCluster cluster;
  cluster.facts.backup = core::BackupActivity{false, core::parse_rfc3339("2100-01-01T00:00:00Z"), ""};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["allowed"] == true);
  CHECK(bench.index.deadlines.size() == 2);
}

TEST_CASE("the memory of seen backups matters only to a PVC that would start empty") {
  AdmissionBench bench;
  bench.index.holds({});
  FakeCluster cluster;
  cluster.facts.tombstone = std::optional<core::Tombstone>{{"t-1", "photos-backup@media:/data", std::nullopt}};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["status"]["reason"] == "BackupsVanished");
  bench.index.holds({fakes::listed("s1", "photos-backup@media:/data")});
  CHECK(ask_at(admission)["allowed"] == true);
  CHECK(cluster.abouts == std::vector{FakeCluster::About::Empty, FakeCluster::About::Restore});
}

TEST_CASE("where the backups are another PVC's, everything is asked before it starts empty") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", "photos@media:/data")});
  FakeCluster cluster;
  core::Ownership owners;
  owners.source_says({"photos", "media", "/data"}, {"media", "album"});
  cluster.facts.ownership = owners;
  cluster.facts.tombstone = std::optional<core::Tombstone>{{"t-1", "photos-backup@media:/data", std::nullopt}};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["status"]["reason"] == "BackupsVanished");
  CHECK(cluster.abouts == std::vector{FakeCluster::About::Restore, FakeCluster::About::Everything});
}

TEST_CASE("that the repository is old is said after the cluster was asked where else the backups may lie") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", "nightly@media:/data")});
  FakeCluster cluster;
  core::Policy policy = AdmissionBench::with_catalog();
  policy.fresh_limit = std::chrono::hours{1};
  webhook::Admission admission({policy}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["status"]["reason"] == "RepositoryOutdated");
  CHECK(cluster.abouts == std::vector{FakeCluster::About::Empty});
  core::Ownership owners;
  owners.source_says({"nightly", "media", "/data"}, {"media", "photos"});
  cluster.facts.ownership = owners;
  CHECK(ask_at(admission).isMember("patch"));
  CHECK(cluster.abouts.back() == FakeCluster::About::Everything);
}

TEST_CASE("a PVC that only a managed namespace opts in is judged by the labels of its namespace") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", "photos-backup@media:/data")});
  FakeCluster cluster;
  core::Policy policy = AdmissionBench::with_catalog();
  policy.plumber_contract = true;
  webhook::Admission admission({policy}, bench.index, &cluster, bench.log, bench.metrics);
  Json::Value about = review();
  Json::Value& labels = about["request"]["object"]["metadata"]["labels"];
  CHECK(ask_at(admission, about).isMember("patch"));
  CHECK(cluster.namespaces.empty());
  labels["backup"] = "velero";
  labels["pvc-plumber.io/enabled"] = labels["pvc-plumber.io/manage-volsync"] = "true";
  labels["pvc-plumber.io/tier"] = "daily";
  CHECK(ask_at(admission, about)["status"]["reason"] == "ClusterUnavailable");
  cluster.labels = core::StringMap{};
  const Json::Value outside = ask_at(admission, about);
  CHECK(outside["allowed"] == true);
  CHECK_FALSE(outside.isMember("patch"));
  CHECK(outside["auditAnnotations"]["code"] == "NotOptedIn");
  cluster.labels = core::StringMap{{"pvc-plumber.io/managed-namespace", "true"}};
  CHECK(ask_at(admission, about).isMember("patch"));
  CHECK(cluster.namespaces == std::vector<std::string>(3, "media"));
}

TEST_CASE("the cluster is asked only where the backups alone would admit") {
  AdmissionBench bench;
  FakeCluster cluster;
  cluster.facts.backup = core::BackupActivity{true, {}, "mover Job"};
  webhook::Admission admission({AdmissionBench::with_catalog()}, bench.index, &cluster, bench.log, bench.metrics);
  CHECK(ask_at(admission)["status"]["reason"] == "IndexUnavailable");
  CHECK(cluster.asked == 0);
  bench.index.holds({});
  CHECK(ask_at(admission)["status"]["reason"] == "BackupInFlight");
  CHECK(cluster.asked == 1);
}

TEST_CASE("who creates a PVC is told where the backups are and whose they are only if the settings say so") {
  core::Policy policy = AdmissionBench::with_catalog();
  policy.reveal = GENERATE(false, true);
  policy.pin = *core::RepositoryId::parse("0011223344556677");
  AdmissionBench bench(policy);
  core::Evidence& evidence = bench.index.evidence;
  evidence.place = "s3://bucket/prefix/";
  evidence.kind = "the repository in a bucket";
  const auto told = [&](const char* code) {
    const Json::Value status = bench.ask(review())["status"];
    CHECK(status["reason"] == code);
    return status["message"].asString();
  };

  evidence.state =
      core::Unknown{core::Unknown::Why::Unavailable, "http://minio:9000/bucket answers 403", "the server answers 403"};
  const std::string unreadable = told("IndexUnavailable");
  evidence.state =
      core::Unknown{core::Unknown::Why::Refreshing, "s3://bucket/prefix/ is being read", "it is being read"};
  const std::string read_now = told("IndexRefreshing");
  evidence.repository = core::RepositoryId::parse("8899aabbccddeeff");
  const std::string changed = told("RepositoryChanged");
  for (const std::string& message : {unreadable, read_now, changed}) {
    INFO(message);
    for (const char* secret : {"bucket/prefix", "minio", "0011223344556677", "8899aabbccddeeff"}) {
      if (!policy.reveal) CHECK_THAT(message, !Contains(secret));
    }
    CHECK((message.find("checked the repository in a bucket at ") != std::string::npos) != policy.reveal);
  }
  CHECK_THAT(unreadable, Contains("answers 403"));
  CHECK((unreadable.find("minio:9000/bucket answers 403") != std::string::npos) == policy.reveal);
  CHECK((changed.find("8899aabbccddeeff") != std::string::npos) == policy.reveal);
}
