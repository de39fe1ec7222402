// POST /mutate/job: mover Jobs get the repository, and the same bytes at every update.
#include <catch2/catch.hpp>

#include <set>
#include <sstream>

#include "tests/unit/webhook/admission_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

/// As VolSync writes it at every reconcile.
Json::Value job(const std::string& name = "volsync-src-photos-backup") {
  Json::Value value = parse(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"media",
    "labels":{"app.kubernetes.io/created-by":"volsync"}},
    "spec":{"template":{"spec":{"restartPolicy":"Never",
      "containers":[{"name":"kopia","image":"mover:1","securityContext":{"runAsUser":568},
                     "volumeMounts":[{"name":"data","mountPath":"/data"}]},
                    {"name":"watcher","image":"watcher:1"}],
      "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"photos"}}]}}}})");
  value["metadata"]["name"] = name;
  return value;
}

Json::Value review_of(const std::string& operation, const Json::Value& object, const Json::Value& old = {}) {
  Json::Value value = parse(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
    "uid":"u-1","namespace":"media","name":"volsync-src-photos-backup",
    "resource":{"group":"batch","version":"v1","resource":"jobs"}}})");
  value["request"]["operation"] = operation;
  value["request"]["object"] = object;
  value["request"]["oldObject"] = old;
  return value;
}

webhook::MoverInjection nfs() {
  webhook::MoverInjection injection;
  injection.volume_source = parse(R"({"nfs":{"server":"nas.lan","path":"/tank/kopia"}})");
  return injection;
}

std::string decoded(const std::string& base64) {
  static const std::string kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : base64) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(kAlphabet.find(c));
    count += 6;
    if (count >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return bytes;
}

void insert_at(Json::Value& array, const std::string& place, const Json::Value& item) {
  if (place == "-") {
    array.append(item);
    return;
  }
  array.insert(static_cast<Json::ArrayIndex>(std::stoul(place)), item);
}

/// Additions only, along paths that are there.
Json::Value patched(Json::Value object, const Json::Value& operations) {
  for (const Json::Value& operation : operations) {
    REQUIRE(operation["op"] == "add");
    std::istringstream path(operation["path"].asString().substr(1));
    Json::Value* at = &object;
    std::string part, last;
    std::getline(path, last, '/');
    while (std::getline(path, part, '/')) {
      at = at->isArray() ? &(*at)[static_cast<Json::ArrayIndex>(std::stoul(last))] : &(*at)[last];
      REQUIRE_FALSE(at->isNull());
      last = part;
    }
    if (at->isArray())
      insert_at(*at, last, operation["value"]);
    else
      (*at)[last] = operation["value"];
  }
  return object;
}

class JobBench {
 public:
  explicit JobBench(std::optional<webhook::MoverInjection> injection = nfs(), core::Mode mode = core::Mode::Enforce)
      : admission({policy(mode), 1024, std::move(injection)}, index, nullptr, log, metrics) {}

  static core::Policy policy(core::Mode mode) {
    core::Policy policy;
    policy.mode = mode;
    return policy;
  }

  Json::Value send(const std::string& body, bool overloaded = false) {
    Json::Value response;
    admission.handle(
        {"POST", "/mutate/job", "timeout=10s", "application/json", body, std::chrono::steady_clock::now(), overloaded},
        [&](net::Response r) { response = parse(r.body)["response"]; });
    return response;
  }
  Json::Value ask(const Json::Value& review) { return send(Json::writeString(Json::StreamWriterBuilder(), review)); }

  /// The object as the API server would store it.
  Json::Value admitted(const std::string& operation, const Json::Value& object, const Json::Value& old = {}) {
    const Json::Value response = ask(review_of(operation, object, old));
    REQUIRE(response["allowed"] == true);
    if (!response.isMember("patch")) return object;
    return patched(object, parse(decoded(response["patch"].asString())));
  }

  fakes::FakeIndex index;
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
  webhook::Admission admission;
};

const Json::Value& pod(const Json::Value& job) { return job["spec"]["template"]["spec"]; }

bool mounts_repository(const Json::Value& container) {
  for (const Json::Value& mount : container["volumeMounts"]) {
    if (mount["name"] == "repository" && mount["mountPath"] == "/repository") return true;
  }
  return false;
}

std::string code(const Json::Value& response) { return response["auditAnnotations"]["code"].asString(); }

webhook::MoverInjection delayed(int seconds) {
  webhook::MoverInjection injection = nfs();
  injection.longest_delay = std::chrono::seconds(seconds);
  return injection;
}

}  // namespace

TEST_CASE("a new mover Job gets the volume, and every container the mount") {
  JobBench bench;
  Json::Value sent = job();
  sent["spec"]["template"]["spec"]["initContainers"][0]["name"] = "prepare";
  const Json::Value stored = bench.admitted("CREATE", sent);
  CHECK(pod(stored)["volumes"].size() == 2);
  CHECK(pod(stored)["volumes"][1] == parse(R"({"name":"repository","nfs":{"server":"nas.lan","path":"/tank/kopia"}})"));
  for (const Json::Value& container : pod(stored)["containers"]) CHECK(mounts_repository(container));
  CHECK(mounts_repository(pod(stored)["initContainers"][0]));
  CHECK(pod(stored)["containers"][0]["volumeMounts"][0]["name"] == "data");
}

TEST_CASE("a Job without any volume gets its first") {
  JobBench bench;
  Json::Value sent = job();
  sent["spec"]["template"]["spec"].removeMember("volumes");
  CHECK(pod(bench.admitted("CREATE", sent))["volumes"].size() == 1);
}

TEST_CASE("at an update the template that VolSync writes becomes the stored one, byte for byte") {
  JobBench bench(delayed(30));
  const Json::Value stored = bench.admitted("CREATE", job());
  CHECK(pod(stored) != pod(job()));
  CHECK(bench.admitted("UPDATE", job(), stored) == stored);
}

TEST_CASE("the same Job gets the same patch every time") {
  JobBench bench(delayed(30)), other(delayed(30));
  const Json::Value first = bench.ask(review_of("CREATE", job()));
  CHECK(bench.ask(review_of("CREATE", job())) == first);
  CHECK(other.ask(review_of("CREATE", job())) == first);
}

TEST_CASE("an update of a Job made under other settings keeps what it was made with") {
  webhook::MoverInjection before = delayed(30);
  before.volume_source["nfs"]["server"] = "old.lan";
  before.mount_path = "/old";
  const Json::Value stored = JobBench(before).admitted("CREATE", job());
  CHECK(JobBench(nfs()).admitted("UPDATE", job(), stored) == stored);
  const Json::Value plain = JobBench(nfs()).admitted("CREATE", job());
  CHECK(JobBench(delayed(30)).admitted("UPDATE", job(), plain) == plain);
}

TEST_CASE("what has everything is not changed again") {
  JobBench bench(delayed(30));
  const Json::Value stored = bench.admitted("CREATE", job());
  for (const char* operation : {"CREATE", "UPDATE"}) {
    const Json::Value response = bench.ask(review_of(operation, stored, stored));
    CHECK(response["allowed"] == true);
    CHECK_FALSE(response.isMember("patch"));
    CHECK(code(response) == "RepositoryInjected");
  }
}

TEST_CASE("a Job that was made without us is given the repository at its next update, unless it is being deleted") {
  JobBench bench;
  CHECK(mounts_repository(pod(bench.admitted("UPDATE", job(), job()))["containers"][0]));
  Json::Value leaving = job();
  leaving["metadata"]["deletionTimestamp"] = "2026-11-21T08:00:00Z";
  CHECK(bench.admitted("UPDATE", leaving, leaving) == leaving);
}

TEST_CASE("what somebody else mounts at the path stays") {
  JobBench bench;
  Json::Value sent = job();
  Json::Value& mount = sent["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][1];
  mount["name"] = "theirs";
  mount["mountPath"] = "/repository";
  CHECK(pod(bench.admitted("CREATE", sent))["containers"][0] == pod(sent)["containers"][0]);
}

TEST_CASE("Jobs of others are admitted as they are") {
  JobBench bench;
  Json::Value foreign = job();
  foreign["metadata"]["labels"]["app.kubernetes.io/created-by"] = "somebody";
  const Json::Value response = bench.ask(review_of("CREATE", foreign));
  CHECK(response["allowed"] == true);
  CHECK_FALSE(response.isMember("patch"));
  CHECK(code(response) == "NotMoverJob");
  foreign["metadata"].removeMember("labels");
  CHECK(code(bench.ask(review_of("CREATE", foreign))) == "NotMoverJob");
}

TEST_CASE("other operations, subresources and kinds are none of its business") {
  JobBench bench;
  CHECK(code(bench.ask(review_of("DELETE", Json::Value(), job()))) == "NotMoverJob");
  Json::Value review = review_of("UPDATE", job(), job());
  review["request"]["subResource"] = "status";
  CHECK(code(bench.ask(review)) == "NotMoverJob");
  review = review_of("CREATE", job());
  review["request"]["resource"]["resource"] = "cronjobs";
  CHECK(code(bench.ask(review)) == "NotMoverJob");
}

TEST_CASE("a backup waits a moment of its own first, in a container that needs no shell") {
  JobBench bench(delayed(30));
  const Json::Value first = pod(bench.admitted("CREATE", job()))["initContainers"][0];
  CHECK(first["name"] == "holdfast-delay");
  CHECK(first["image"] == "mover:1");
  CHECK(first["command"][0] == "sleep");
  CHECK(first["securityContext"]["runAsUser"] == 568);
  CHECK_FALSE(mounts_repository(first));
  std::set<std::string> seconds;
  for (int i = 0; i < 100; ++i) {
    const Json::Value stored = bench.admitted("CREATE", job("volsync-src-" + std::to_string(i)));
    seconds.insert(pod(stored)["initContainers"][0]["command"][1].asString());
  }
  CHECK(seconds.size() > 15);
  for (const std::string& text : seconds) CHECK(std::stoi(text) <= 30);
}

TEST_CASE("the waiting container comes before the Job's own, which get their mounts all the same") {
  webhook::MoverInjection injection = delayed(30);
  injection.delay_image = "sleeper:1";
  JobBench bench(injection);
  Json::Value sent = job();
  sent["spec"]["template"]["spec"]["initContainers"][0]["name"] = "prepare";
  const Json::Value all = pod(bench.admitted("CREATE", sent))["initContainers"];
  REQUIRE(all.size() == 2);
  CHECK(all[0]["image"] == "sleeper:1");
  CHECK(all[1]["name"] == "prepare");
  CHECK(mounts_repository(all[1]));
}

TEST_CASE("a restore does not wait") {
  JobBench bench(delayed(30));
  CHECK_FALSE(pod(bench.admitted("CREATE", job("volsync-dst-photos-restore"))).isMember("initContainers"));
  Json::Value owned = job("anything");
  owned["metadata"]["ownerReferences"][0]["kind"] = "ReplicationDestination";
  CHECK_FALSE(pod(bench.admitted("CREATE", owned)).isMember("initContainers"));
}

TEST_CASE("where injection is off, and in mode audit, nothing is changed") {
  JobBench off(std::nullopt), audit(nfs(), core::Mode::Audit);
  CHECK(off.admitted("CREATE", job()) == job());
  CHECK(code(off.ask(review_of("CREATE", job()))) == "InjectionOff");
  CHECK(audit.admitted("CREATE", job()) == job());
}

TEST_CASE("what is no review, or no Job, is a well-formed denial that names the field") {
  JobBench bench;
  Json::Value response = bench.send("{");
  CHECK(response["status"]["code"] == 400);
  CHECK(response["status"]["reason"] == "MalformedReview");
  Json::Value broken = job();
  broken["spec"]["template"]["spec"]["containers"] = "kopia";
  response = bench.ask(review_of("CREATE", broken));
  CHECK(response["uid"] == "u-1");
  CHECK(response["status"]["reason"] == "MalformedReview");
  CHECK_THAT(response["status"]["message"].asString(), Contains("request.object.spec.template.spec.containers"));
  broken["spec"] = "x";
  CHECK(bench.ask(review_of("CREATE", broken))["status"]["reason"] == "MalformedReview");
  CHECK(bench.ask(review_of("CREATE", Json::Value()))["status"]["reason"] == "MalformedReview");
}

TEST_CASE("where too much is under way a Job waits, rather than run without the repository") {
  JobBench bench;
  const Json::Value response =
      bench.send(Json::writeString(Json::StreamWriterBuilder(), review_of("CREATE", job())), true);
  CHECK(response["uid"] == "u-1");
  CHECK(response["status"]["code"] == 503);
  CHECK(response["status"]["reason"] == "Overloaded");
}

TEST_CASE("reviews of Jobs are counted apart") {
  JobBench bench;
  bench.ask(review_of("CREATE", job()));
  CHECK_THAT(bench.metrics.text(),
             Contains("holdfast_admission_total{code=\"RepositoryInjected\",verdict=\"pass\",webhook=\"job\"} 1"));
}
