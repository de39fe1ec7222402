// What rules 7 to 9 are told of the cluster, and that a failed look is never taken for "there is nothing".
#include "holdfast/webhook/live_questions.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <set>

#include "tests/fakes/fake_api_server.hpp"

using namespace holdfast;
using namespace std::chrono_literals;
using fakes::ApiAnswer;
using fakes::ApiRequest;

namespace {

const std::string kVolSync = "/apis/volsync.backube/v1alpha1/namespaces/media/";
const std::string kDestination = kVolSync + "replicationdestinations/data-backup";
const std::string kSource = kVolSync + "replicationsources/data-backup";
const std::string kSources = kVolSync + "replicationsources";
const std::string kJobs = "/apis/batch/v1/namespaces/media/jobs";
const std::string kJob = "/apis/batch/v1/namespaces/media/jobs/volsync-src-data-backup";
const std::string kVolume = "/api/v1/namespaces/media/persistentvolumeclaims/volsync-data-backup-src";
const std::string kSnapshot =
    "/apis/snapshot.storage.k8s.io/v1/namespaces/media/volumesnapshots/volsync-data-backup-src";
const std::string kClaimList = "/api/v1/namespaces/media/persistentvolumeclaims";
const std::string kMemory = "/api/v1/namespaces/holdfast/configmaps/seen";

std::string object(const std::string& kind, const std::string& manager, const std::string& status) {
  return fmt::format(R"({{"apiVersion":"volsync.backube/v1alpha1","kind":"{}","metadata":{{"namespace":"media",)"
                     R"("name":"data-backup","uid":"u1","labels":{{"app.kubernetes.io/managed-by":"{}"}}}},)"
                     R"("spec":{{"kopia":{{}}}},"status":{}}})",
                     kind, manager, status);
}

std::string made(const std::string& name, const std::string& status = "{}",
                 const std::string& created = "2100-01-01T00:00:00Z") {
  return fmt::format(
      R"({{"metadata":{{"namespace":"media","name":"{}","uid":"u2","creationTimestamp":"{}"}},"status":{}}})", name,
      created, status);
}

std::string source(const std::string& name, const std::string& spec) {
  return fmt::format(R"({{"metadata":{{"namespace":"media","name":"{}","uid":"u4"}},"spec":{}}})", name, spec);
}

std::string list(const std::string& kind, const std::string& items) {
  return R"({"kind":")" + kind + R"(List","metadata":{"resourceVersion":"9"},"items":[)" + items + "]}";
}

/// An API server with these pages, by path; what is not among them is 404, but for the list of sources, which is empty.
struct Bench {
  using About = webhook::ClusterQuestions::About;

  core::ClusterFacts facts(About about = About::Everything) {
    questions.emplace(client, core::Policy{}, options, kube::Target{kube::kConfigMaps, "holdfast", "seen"}, knowledge);
    core::WantsRestore wanted;
    wanted.pvc = wanted.owner = {"media", "data"};
    wanted.candidates = {{*core::parse_identity("data-backup@media:/data"), false}};
    std::promise<core::ClusterFacts> promise;
    questions->ask(wanted, about, index::Deadline::clock::now() + 10s,
                   [&](core::ClusterFacts answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }
  core::BackupActivity backup() { return std::get<core::BackupActivity>(facts().backup); }
  core::Destination destination() { return std::get<core::Destination>(facts().destination); }

  void has(const std::string& path, const std::string& body) { pages[path] = {.body = body}; }
  void has_sources(const std::string& items) { has(kSources, list("ReplicationSource", items)); }
  void has_claims(const std::string& items) { has(kClaimList, list("PersistentVolumeClaim", items)); }
  void know(const volsync::Seen& seen) { knowledge->seen.replace({seen, volsync::owner_table(seen, {})}); }
  /// The PVCs and sources of the namespace are watched.
  void watch(const core::OwnerTable& table) {
    knowledge->watched.replace({true, {{"media", std::make_shared<const core::OwnerTable>(table)}}});
  }
  bool was_asked(const std::string& path) {
    const auto requests = server.requests();
    return std::ranges::any_of(requests, [&](const ApiRequest& request) { return request.path == path; });
  }

  volsync::Options options;
  const std::shared_ptr<volsync::Knowledge> knowledge = std::make_shared<volsync::Knowledge>();
  std::map<std::string, ApiAnswer> pages{
      {kSources, {.body = list("ReplicationSource", "")}},
      {kClaimList, {.body = list("PersistentVolumeClaim", "")}},
      {kMemory, {.body = R"({"metadata":{"name":"seen","resourceVersion":"7"},"data":{"identities":""}})"}}};
  fakes::FakeApiServer server{[this](const ApiRequest& request) {
    const auto page = pages.find(request.path);
    return page == pages.end() ? fakes::refusal(404, "NotFound") : page->second;
  }};
  net::Loop loop{1};
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  kube::Client client{loop, server.config(), {}, log};
  std::optional<webhook::LiveQuestions> questions;
};

}  // namespace

TEST_CASE("where the cluster has nothing of the PVC, nothing is in its way") {
  Bench bench;
  CHECK(bench.destination().owner == core::Destination::Owner::Absent);
  CHECK_FALSE(bench.backup().running);
  CHECK_FALSE(bench.backup().last_finished);
  CHECK_FALSE(std::get<std::optional<core::Tombstone>>(bench.facts().tombstone));
}

TEST_CASE("a mover Job that has not ended, a temporary volume or snapshot of the PVC's source is a backup under way") {
  for (const std::string& path : {kJob, kVolume, kSnapshot}) {
    CAPTURE(path);
    Bench bench;
    bench.has(kSource, object("ReplicationSource", "holdfast", "{}"));
    bench.has(path, made(path.substr(path.rfind('/') + 1)));
    CHECK(bench.backup().running);
    CHECK(bench.backup().hopeless.empty());
  }
  Bench bench;
  bench.has(kJob, made("volsync-src-data-backup", R"({"conditions":[{"type":"Complete","status":"True"}]})"));
  CHECK_FALSE(bench.backup().running);
}

TEST_CASE("a source that says that it synchronises, and of which nothing is there, does not block its PVC") {
  Bench bench;
  bench.has(kSource, object("ReplicationSource", "holdfast", R"({"lastSyncStartTime":"2026-11-21T08:00:00Z"})"));
  CHECK_FALSE(bench.backup().running);
}

TEST_CASE("a source that has ended says when") {
  Bench bench;
  bench.has(kSource, object("ReplicationSource", "holdfast", R"({"lastSyncTime":"2026-11-21T08:01:00Z"})"));
  CHECK_FALSE(bench.backup().running);
  CHECK(bench.backup().last_finished == core::parse_rfc3339("2026-11-21T08:01:00Z"));
}

TEST_CASE("a backup that lasts longer than the setting is told as one that will hardly end") {
  Bench bench;
  bench.has(kJobs, list("Job", made("volsync-src-data-backup")));
  bench.has(kJob, made("volsync-src-data-backup", "{}", "2026-01-01T00:00:00Z"));
  CHECK(bench.backup().hopeless == "it began at 2026-01-01T00:00:00Z");
  CHECK(bench.backup().remedy == "Job volsync-src-data-backup");
  bench.options.overlong_sync = std::chrono::hours{24 * 365 * 100};
  CHECK(bench.backup().hopeless.empty());
}

TEST_CASE("every kopia source that names the PVC is looked at, whatever its name") {
  Bench bench;
  const std::string volume = "/api/v1/namespaces/media/persistentvolumeclaims/volsync-by-hand-src";
  bench.has(volume, made("volsync-by-hand-src"));
  bench.has_sources(source("by-hand", R"({"sourcePVC":"data","kopia":{}})"));
  CHECK(bench.backup().what == "PersistentVolumeClaim volsync-by-hand-src");
  for (const char* spec : {R"({"sourcePVC":"other","kopia":{}})", R"({"sourcePVC":"data","restic":{}})"}) {
    Bench elsewhere;
    elsewhere.has(volume, made("volsync-by-hand-src"));
    elsewhere.has_sources(source("by-hand", spec));
    CHECK_FALSE(elsewhere.backup().running);
    CHECK_FALSE(elsewhere.was_asked(volume));
  }
}

TEST_CASE("more sources of one PVC than can be asked of are no answer") {
  Bench bench;
  std::string items;
  for (int i = 0; i < 9; ++i) {
    items += (i > 0 ? "," : "") + source("s" + std::to_string(i), R"({"sourcePVC":"data","kopia":{}})");
  }
  bench.has_sources(items);
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().backup));
}

TEST_CASE("lists are taken from the API server's cache") {
  Bench bench;
  bench.facts();
  for (const ApiRequest& request : bench.server.requests()) {
    if (request.path == kSources) CHECK_THAT(request.query, Catch::Contains("resourceVersion=0"));
  }
}

TEST_CASE("a source with a name for which VolSync could make nothing is asked of as far as it goes") {
  Bench bench;
  const std::string name(250, 'n');
  bench.has_sources(source(name, R"({"sourcePVC":"data","kopia":{}})"));
  CHECK_FALSE(bench.backup().running);
  CHECK_FALSE(bench.was_asked("/api/v1/namespaces/media/persistentvolumeclaims/volsync-" + name + "-src"));
}

TEST_CASE("whose the destination is and whether it shows an image is told") {
  Bench bench;
  bench.has(kDestination, object("ReplicationDestination", "holdfast", "{}"));
  CHECK(bench.destination().owner == core::Destination::Owner::Ours);
  CHECK_FALSE(bench.destination().publishes_image);
  const std::string image =
      R"({"latestImage":{"apiGroup":"snapshot.storage.k8s.io","kind":"VolumeSnapshot","name":"v"}})";
  bench.has(kDestination, object("ReplicationDestination", "holdfast", image));
  CHECK(bench.destination().publishes_image);
  bench.has(kDestination, object("ReplicationDestination", "argocd", image));
  CHECK(bench.destination().owner == core::Destination::Owner::Foreign);
}

TEST_CASE("what the API server refuses, or what cannot be read, is no answer and not nothing") {
  const auto is_silent = [](const auto& fact) { return std::holds_alternative<core::NoAnswer>(fact); };
  for (const ApiAnswer& answer :
       {fakes::refusal(403, "Forbidden"), fakes::refusal(500, "InternalError"), ApiAnswer{.body = "{\"metadata\":"}}) {
    CAPTURE(answer.body);
    Bench bench;
    bench.pages[kDestination] = answer;
    CHECK(is_silent(bench.facts().destination));
    bench.pages[kSource] = answer;
    CHECK(is_silent(bench.facts().backup));
    bench.has(kSource, object("ReplicationSource", "holdfast", "{}"));
    for (const std::string& path : {kSources, kJobs, kJob, kVolume, kSnapshot}) {
      const auto before = bench.pages;
      bench.pages[path] = answer;
      CHECK(is_silent(bench.facts().backup));
      bench.pages = before;
    }
    bench.pages[kMemory] = answer;
    CHECK(is_silent(bench.facts().tombstone));
  }
}

TEST_CASE("a source that cannot be read may be one of this PVC") {
  Bench bench;
  bench.has_sources(R"({"metadata":{"name":7},"spec":{"sourcePVC":"data"}})");
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

TEST_CASE("an older copy of the memory hides nothing from a replica that knows more, but what was accepted counts") {
  Bench bench;
  volsync::Seen seen;
  seen.ends["data-backup@media:/data"] = core::parse_rfc3339("2026-01-01T00:00:00Z").value();
  bench.know(seen);
  CHECK(std::get<std::optional<core::Tombstone>>(bench.facts().tombstone));
  bench.has(kMemory, R"({"metadata":{"name":"seen","resourceVersion":"8"},"data":{"identities":"",)"
                     R"("accepted":"2026-01-01T00:00:00Z data-backup@media:/data\n"}})");
  CHECK_FALSE(std::get<std::optional<core::Tombstone>>(bench.facts().tombstone));
  bench.pages.erase(kMemory);
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().tombstone));
}

TEST_CASE("of backups nothing is asked where one would be restored") {
  Bench bench;
  bench.know({});
  const core::ClusterFacts facts = bench.facts(Bench::About::Restore);
  CHECK(std::holds_alternative<core::NotApplicable>(facts.tombstone));
  CHECK(std::holds_alternative<core::NotApplicable>(facts.backup));
  std::set<std::string> asked;
  for (const ApiRequest& request : bench.server.requests()) asked.insert(request.path);
  CHECK(asked == std::set<std::string>{kDestination, kSources, kJobs, kClaimList});
}

TEST_CASE("as long as this replica does not know the memory it is asked where a backup would be restored, too") {
  Bench bench;
  bench.facts(Bench::About::Restore);
  CHECK(bench.was_asked(kMemory));
  bench.pages[kMemory] = fakes::refusal(500, "InternalError");
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts(Bench::About::Restore).ownership));
  bench.pages.erase(kMemory);
  CHECK(std::holds_alternative<core::Ownership>(bench.facts(Bench::About::Restore).ownership));
}

namespace {

core::Whose whose(const core::ClusterFacts& facts, std::string_view identity) {
  return std::get<core::Ownership>(facts.ownership).whose(core::parse_identity(identity).value(), {"media", "data"});
}

}  // namespace

TEST_CASE("the memory says whose backups are whose: as this replica knows it, and as it stands") {
  const std::string own = "data-backup@media:/data", custom = "by-hand@media:/data";
  Bench bench;
  volsync::Seen seen;
  seen.owners[own] = {{"media", "other"}};
  bench.know(seen);
  CHECK(whose(bench.facts(Bench::About::Restore), own) == core::Whose::Anothers);
  bench.has(kMemory, R"({"metadata":{"name":"seen","resourceVersion":"7"},)"
                     R"("data":{"identities":"2026-01-01T00:00:00Z by-hand@media:/data\n",)"
                     R"("pvcs":"media/data by-hand@media:/data\n"}})");
  const core::ClusterFacts facts = bench.facts();
  CHECK(whose(facts, custom) == core::Whose::Own);
  CHECK(whose(facts, own) == core::Whose::Anothers);
  const auto tombstone = std::get<std::optional<core::Tombstone>>(facts.tombstone);
  REQUIRE(tombstone);
  CHECK(tombstone->identity == custom);
}

TEST_CASE("what is watched and remembered is heard although a question has no answer") {
  const std::string own = "data-backup@media:/data";
  Bench bench;
  core::OwnerTable table;
  table.add(core::parse_identity(own).value(), {"media", "other"});
  bench.watch(table);
  bench.pages[kMemory] = fakes::refusal(500, "InternalError");
  const core::ClusterFacts facts = bench.facts(Bench::About::Restore);
  CHECK(std::holds_alternative<core::NoAnswer>(facts.ownership));
  CHECK(facts.heard.whose(core::parse_identity(own).value(), {"media", "data"}) == core::Whose::Anothers);
}

TEST_CASE("backups that are another PVC's are no tombstone of this one") {
  Bench bench;
  bench.has(kMemory, R"({"metadata":{"name":"seen","resourceVersion":"7"},)"
                     R"("data":{"identities":"2026-01-01T00:00:00Z data-backup@media:/data\n",)"
                     R"("pvcs":"media/other data-backup@media:/data\n"}})");
  CHECK_FALSE(std::get<std::optional<core::Tombstone>>(bench.facts().tombstone));
}

TEST_CASE("what is watched says whose backups are whose without a question, whatever its source is called") {
  Bench bench;
  core::OwnerTable table;
  table.add(core::parse_identity("data-backup@media:/data").value(), {"media", "other"});
  bench.watch(table);
  CHECK(whose(bench.facts(Bench::About::Restore), "data-backup@media:/data") == core::Whose::Anothers);
  CHECK(whose(bench.facts(), "data-backup@media:/data") == core::Whose::Anothers);
  CHECK_FALSE(bench.was_asked(kClaimList));
}

TEST_CASE(
    "PVCs that are not watched are listed before one starts empty: VolSync may spell another's name like its own") {
  Bench bench;
  bench.has_claims(made("da.ta"));
  const core::ClusterFacts facts = bench.facts();
  const auto templates = core::every_template(core::Policy{});
  CHECK(std::get<core::Ownership>(facts.ownership)
            .is_spelling_of_another(core::parse_identity("data-backup@media:/data").value(), {"media", "data"},
                                    templates));
  bench.pages[kClaimList] = fakes::refusal(500, "InternalError");
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().ownership));
  bench.facts(Bench::About::Restore);
  bench.has(kClaimList, R"({"items":[{"metadata":{"name":7}}]})");
  CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().ownership));
}

TEST_CASE("a source under a name of either naming says whose its backups are, also where one would be restored") {
  Bench bench;
  bench.has_sources(source("data", R"({"sourcePVC":"data","kopia":{"username":"nightly"}})") + "," +
                    source("data-backup", R"({"sourcePVC":"data-backup","kopia":{}})"));
  const core::ClusterFacts facts = bench.facts(Bench::About::Restore);
  CHECK(whose(facts, "nightly@media:/data") == core::Whose::Own);
  CHECK(whose(facts, "data-backup@media:/data") == core::Whose::Anothers);
  CHECK(whose(facts, "data@media:/data") == core::Whose::Unsaid);
}

TEST_CASE("the PVC that the other naming would call so is known") {
  Bench bench;
  CHECK_FALSE(
      std::get<core::Ownership>(bench.facts(Bench::About::Restore).ownership).is_known({"media", "data-backup"}));
  bench.has_claims(made("data-backup"));
  CHECK(std::get<core::Ownership>(bench.facts(Bench::About::Restore).ownership).is_known({"media", "data-backup"}));
}

TEST_CASE("before a PVC starts empty every kopia source of its namespace is heard") {
  Bench bench;
  bench.has_sources(source("a", R"({"sourcePVC":"other","kopia":{"username":"data"}})") + "," +
                    source("b", R"({"sourcePVC":"data","restic":{}})") + "," +
                    source("c", R"({"sourcePVC":"data","kopia":{}})"));
  const core::ClusterFacts facts = bench.facts();
  CHECK(whose(facts, "data@media:/data") == core::Whose::Anothers);
  CHECK(whose(facts, "b@media:/data") == core::Whose::Unsaid);
  CHECK(whose(facts, "c@media:/data") == core::Whose::Own);
}

TEST_CASE("a source that cannot be read leaves open whose the backups are") {
  for (const std::string& path : {kClaimList, kSources}) {
    CAPTURE(path);
    Bench bench;
    bench.pages[path] = fakes::refusal(500, "InternalError");
    CHECK(std::holds_alternative<core::NoAnswer>(bench.facts().ownership));
  }
}
