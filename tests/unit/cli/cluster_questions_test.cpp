// What rules 7 to 9 are told of the cluster, and that a failed look is never taken for "there is nothing".
#include "src/cli/cluster_questions.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <future>
#include <map>

#include "tests/fakes/fake_api_server.hpp"

using namespace holdfast;
using namespace std::chrono_literals;
using fakes::ApiAnswer;
using fakes::ApiRequest;

namespace {

const std::string kVolSync = "/apis/volsync.backube/v1alpha1/namespaces/media/";
const std::string kDoor = kVolSync + "replicationdestinations/data-backup";
const std::string kSource = kVolSync + "replicationsources/data-backup";
const std::string kJobs = "/apis/batch/v1/namespaces/media/jobs";
const std::string kMemory = "/api/v1/namespaces/holdfast/configmaps/seen";

std::string object(const std::string& kind, const std::string& manager, const std::string& status) {
  return fmt::format(R"({{"apiVersion":"volsync.backube/v1alpha1","kind":"{}","metadata":{{"namespace":"media",)"
                     R"("name":"data-backup","uid":"u1","labels":{{"app.kubernetes.io/managed-by":"{}"}}}},)"
                     R"("spec":{{}},"status":{}}})",
                     kind, manager, status);
}

std::string job(const std::string& owner, const std::string& status) {
  return fmt::format(R"({{"metadata":{{"namespace":"media","name":"volsync-src-x","uid":"u2",)"
                     R"("ownerReferences":[{{"kind":"ReplicationSource","name":"{}","uid":"u3"}}]}},"status":{}}})",
                     owner, status);
}

/// An API server with these pages, by path; what is not among them is 404, but for the list of Jobs, which is empty.
struct Bench {
  core::ClusterFacts facts(bool without_backup = true) {
    questions.emplace(client, core::Policy{}, false, kube::Target{kube::kConfigMaps, "holdfast", "seen"});
    core::WantsRestore wanted;
    wanted.pvc = {"media", "data"};
    wanted.candidates = {{*core::parse_identity("data-backup@media:/data"), false}};
    std::promise<core::ClusterFacts> promise;
    questions->ask(wanted, without_backup, index::Deadline::clock::now() + 10s,
                   [&](core::ClusterFacts answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }
  core::BackupActivity backup() { return std::get<core::BackupActivity>(facts().backup); }
  core::Destination destination() { return std::get<core::Destination>(facts().destination); }

  void has(const std::string& path, const std::string& body) { pages[path] = {.body = body}; }
  void has_jobs(const std::string& items) {
    has(kJobs, R"({"kind":"JobList","metadata":{"resourceVersion":"9"},"items":[)" + items + "]}");
  }

  std::map<std::string, ApiAnswer> pages{
      {kJobs, {.body = R"({"kind":"JobList","metadata":{"resourceVersion":"9"},"items":[]})"}},
      {kMemory, {.body = R"({"metadata":{"name":"seen","resourceVersion":"7"},"data":{"identities":""}})"}}};
  fakes::FakeApiServer server{[this](const ApiRequest& request) {
    const auto page = pages.find(request.path);
    return page == pages.end() ? fakes::refusal(404, "NotFound") : page->second;
  }};
  net::Loop loop{1};
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  kube::Client client{loop, server.config(), {}, log};
  std::optional<cli::ClusterQuestions> questions;
};

}  // namespace

TEST_CASE("where the cluster has nothing of the PVC, nothing is in its way") {
  Bench bench;
  CHECK(bench.destination().owner == core::Destination::Owner::Absent);
  CHECK_FALSE(bench.backup().running);
  CHECK_FALSE(bench.backup().last_finished);
  CHECK_FALSE(std::get<std::optional<core::Tombstone>>(bench.facts().tombstone));
}

TEST_CASE("a mover Job of the PVC's source that has not ended is a backup under way") {
  Bench bench;
  bench.has_jobs(job("other-backup", R"({"active":1})") + "," + job("data-backup", R"({"active":1})"));
  CHECK(bench.backup().running);
  CHECK(bench.backup().what == "mover Job");
  bench.has_jobs(job("data-backup", "{}"));
  CHECK(bench.backup().running);
  bench.has_jobs(job("data-backup", R"({"conditions":[{"type":"Complete","status":"True"}]})"));
  CHECK_FALSE(bench.backup().running);
  bench.has_jobs(job("other-backup", R"({"active":1})"));
  CHECK_FALSE(bench.backup().running);
}

TEST_CASE("a source that synchronises is a backup under way, and one that has ended says when") {
  Bench bench;
  bench.has(kSource, object("ReplicationSource", "holdfast", R"({"lastSyncStartTime":"2026-11-21T08:00:00Z"})"));
  CHECK(bench.backup().running);
  CHECK(bench.backup().what == "ReplicationSource data-backup");
  bench.has(kSource, object("ReplicationSource", "holdfast", R"({"lastSyncTime":"2026-11-21T08:01:00Z"})"));
  CHECK_FALSE(bench.backup().running);
  CHECK(bench.backup().last_finished == core::parse_rfc3339("2026-11-21T08:01:00Z"));
}

TEST_CASE("whose the door is and whether it shows an image is told") {
  Bench bench;
  bench.has(kDoor, object("ReplicationDestination", "holdfast", "{}"));
  CHECK(bench.destination().owner == core::Destination::Owner::Ours);
  CHECK_FALSE(bench.destination().publishes_image);
  const std::string image =
      R"({"latestImage":{"apiGroup":"snapshot.storage.k8s.io","kind":"VolumeSnapshot","name":"v"}})";
  bench.has(kDoor, object("ReplicationDestination", "holdfast", image));
  CHECK(bench.destination().publishes_image);
  bench.has(kDoor, object("ReplicationDestination", "argocd", image));
  CHECK(bench.destination().owner == core::Destination::Owner::Foreign);
}

TEST_CASE("what the API server refuses, or what cannot be read, is no answer and not nothing") {
  const auto is_silent = [](const auto& fact) { return std::holds_alternative<core::NoAnswer>(fact); };
  for (const ApiAnswer& answer :
       {fakes::refusal(403, "Forbidden"), fakes::refusal(500, "InternalError"), ApiAnswer{.body = "{\"metadata\":"}}) {
    CAPTURE(answer.body);
    Bench bench;
    bench.pages[kDoor] = answer;
    CHECK(is_silent(bench.facts().destination));
    bench.pages[kSource] = answer;
    CHECK(is_silent(bench.facts().backup));
    bench.pages.erase(kSource);
    bench.pages[kJobs] = answer;
    CHECK(is_silent(bench.facts().backup));
    bench.pages[kMemory] = answer;
    CHECK(is_silent(bench.facts().tombstone));
  }
}

TEST_CASE("a Job that cannot be read may be a mover that runs") {
  Bench bench;
  bench.has_jobs(R"({"metadata":{"name":7}})");
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().backup));
}

TEST_CASE("a memory that is not there yet is no proof that nothing was seen") {
  Bench bench;
  bench.pages.erase(kMemory);
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().tombstone));
}

TEST_CASE("backups in the memory are a tombstone of the PVC whose they were") {
  Bench bench;
  bench.has(kMemory, R"({"metadata":{"name":"seen","resourceVersion":"7"},)"
                     R"("data":{"identities":"2026-01-01T00:00:00Z data-backup@media:/data\n"}})");
  const auto tombstone = std::get<std::optional<core::Tombstone>>(bench.facts().tombstone);
  REQUIRE(tombstone);
  CHECK(tombstone->identity == "data-backup@media:/data");
}

TEST_CASE("the memory is left alone where a backup would be restored") {
  Bench bench;
  CHECK(std::holds_alternative<core::NotApplicable>(bench.facts(false).tombstone));
  for (const ApiRequest& request : bench.server.requests()) CHECK(request.path != kMemory);
}
