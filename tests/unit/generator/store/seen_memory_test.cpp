// Who writes the memory of seen backups, and what becomes of it when others do.
#include "src/generator/store/seen_memory.hpp"

#include <fmt/format.h>

#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

namespace {

constexpr const char* kMemory = "holdfast-seen-0011223344556677";
constexpr const char* kOther = "other-backup@media:/data";
const std::string kOld = "2026-01-01T00:00:00Z", kNew = "2026-02-01T00:00:00Z";

struct Keeping : Bench {
  explicit Keeping(std::chrono::milliseconds lazy = 1h) : lazy(lazy) {
    policy.pin = core::RepositoryId::parse(kRepositoryId).value();
    restart();
  }
  ~Keeping() {
    asking.on_loop([&] {
      keeper.reset();
      another.reset();
    });
  }
  void restart() {
    asking.on_loop([&] { at->emplace(policy, "holdfast", lazy, asking.client, asking.log, metrics); });
  }
  /// What follows is of another replica, which was there before if it ever was.
  void change_replica() {
    at = at == &keeper ? &another : &keeper;
    if (!*at) restart();
  }
  /// A round from its beginning to its end.
  void round(SeenMemory::Round round) {
    const std::size_t reads = this->reads();
    asking.on_loop([&] { (*at)->begin(std::move(round)); });
    REQUIRE(eventually([&] { return this->reads() > reads; }));
    REQUIRE(eventually([&] {
      bool over = false;
      asking.on_loop([&] { over = !(*at)->busy(); });
      return over;
    }));
  }
  void lead(const std::vector<core::ListedSnapshot>& snapshots, std::vector<core::WantsRestore> accepting = {},
            std::vector<Synced> synced = {}) {
    const core::Evidence evidence = current(snapshots);
    round({std::get<core::Current>(evidence.state).catalog, std::move(accepting), within(10s), std::move(synced)});
  }
  void hear(const std::string& pvc) {
    const core::Said said{core::parse_identity(kOwnSource).value(), {"media", pvc}};
    lead({listed(kOwnSource, kSnapshot, kOld)}, {}, {{said, core::parse_rfc3339("2026-01-01T00:00:30Z").value()}});
  }
  void follow() { round({}); }

  std::size_t reads() const {
    const auto requests = asking.server.requests();
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), [](const auto& request) {
      return request.method == "GET" && request.path.find("/configmaps/") != std::string::npos;
    }));
  }
  std::size_t memory_writes() const {
    const auto requests = asking.server.requests();
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), [](const auto& request) {
      return request.method != "GET" && request.path.find("/configmaps") != std::string::npos;
    }));
  }
  Json::Value stored() const { return cluster.find(kube::kConfigMaps, "holdfast", kMemory); }
  std::string text() const { return stored()["data"]["identities"].asString(); }
  void edit(const std::string& text) {
    cluster.edit(kube::kConfigMaps, "holdfast", kMemory,
                 [&](Json::Value& object) { object["data"]["identities"] = text; });
  }
  std::string problem() {
    std::string found;
    asking.on_loop([&] { found = (*at)->problem(); });
    return found;
  }
  std::optional<Seen> seen() {
    std::optional<Seen> found;
    asking.on_loop([&] {
      if ((*at)->seen() != nullptr) found = *(*at)->seen();
    });
    return found;
  }

  const std::chrono::milliseconds lazy;
  core::Policy policy;
  std::optional<SeenMemory> keeper, another;
  std::optional<SeenMemory>* at = &keeper;
};

/// A PVC whose author accepts the tombstone that `seen` has of it.
core::WantsRestore accepting(const Seen& seen, const std::string& identity, const std::string& reason = ": gone") {
  core::WantsRestore wanted;
  wanted.pvc = {"media", "data"};
  wanted.candidates = {{core::parse_identity(identity).value(), false}};
  wanted.accept_vanished = tombstone(seen, wanted.candidates).value().id + reason;
  return wanted;
}

}  // namespace

TEST_CASE("the leader writes what a proof has shown, and nothing where nothing is new") {
  Keeping house;
  CHECK(house.problem() == std::string("ConfigMap ") + kMemory + ": not read yet");
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.text() == "2026-01-01T00:00:05Z data-backup@media:/data\n");
  CHECK(house.problem().empty());
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.memory_writes() == 1);
}

TEST_CASE("the memory of an empty repository is written too: that it is there says that nothing was seen") {
  Keeping house;
  house.lead({});
  CHECK(house.stored()["data"]["identities"] == "");
  CHECK(house.seen() == Seen{});
}

TEST_CASE("backups that are gone stay in the memory, over restarts too") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.restart();
  house.lead({listed(kOther, kSnapshot, kOld)});
  CHECK(house.seen()->ends.size() == 2);
  CHECK(house.text().find(kOwnSource) != std::string::npos);
}

TEST_CASE("who does not lead, or has no proof, reads and writes nothing") {
  Keeping house;
  house.follow();
  CHECK(house.problem().find("not written yet") != std::string::npos);
  CHECK_FALSE(house.seen());
  house.round({nullptr, {}, within(10s)});
  CHECK(house.memory_writes() == 0);
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.restart();
  house.follow();
  CHECK(house.problem().empty());
  CHECK(house.seen()->ends.size() == 1);
  CHECK(house.memory_writes() == 1);
}

TEST_CASE("times alone are written seldom, and a new identity at once") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.lead({listed(kOwnSource, kSnapshot, kNew)});
  CHECK(house.memory_writes() == 1);
  house.lead({listed(kOwnSource, kSnapshot, kNew), listed(kOther, kSnapshot, kOld)});
  CHECK(house.text() ==
        "2026-02-01T00:00:05Z data-backup@media:/data\n2026-01-01T00:00:05Z other-backup@media:/data\n");
  Keeping eager(0ms);
  eager.lead({listed(kOwnSource, kSnapshot, kOld)});
  eager.lead({listed(kOwnSource, kSnapshot, kNew)});
  CHECK(eager.memory_writes() == 2);
}

TEST_CASE("a memory that somebody deleted is written anew from what this replica remembers") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.cluster.erase(kube::kConfigMaps, "holdfast", kMemory);
  house.lead({});
  CHECK(house.text().find(kOwnSource) != std::string::npos);
}

TEST_CASE("a replica that only followed remembers what was deleted when it comes to lead") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.restart();
  house.follow();
  house.cluster.erase(kube::kConfigMaps, "holdfast", kMemory);
  house.follow();
  CHECK(house.problem().find("not written yet") != std::string::npos);
  house.lead({});
  CHECK(house.text().find(kOwnSource) != std::string::npos);
}

TEST_CASE("whoever writes in between wins, and is read in the next round") {
  Keeping house;
  house.lead({});
  bool meddled = false;
  house.cluster.set_faults([&](const fakes::ApiRequest& request) {
    if (request.method != "PATCH" || std::exchange(meddled, true)) return Fault{};
    return refused(409, "Conflict");
  });
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.text().empty());
  CHECK(house.problem().find("not written: no Conflict") != std::string::npos);
  house.edit(kOld + " " + kOther + "\n");
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.problem().empty());
  CHECK(house.seen()->ends.size() == 2);
}

TEST_CASE("every change carries the version that was read") {
  Keeping house;
  house.lead({});
  const std::string version = house.stored()["metadata"]["resourceVersion"].asString();
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  const Json::Value patch = parse(house.asking.server.requests().back().body);
  CHECK(patch["metadata"]["resourceVersion"] == version);
}

TEST_CASE("a memory that cannot be understood is left as it is, and said") {
  Keeping house;
  house.lead({});
  house.edit("something else");
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.text() == "something else");
  CHECK(house.problem().find("data.identities: line 1 ") != std::string::npos);
}

TEST_CASE("an API server that refuses to show the memory is a problem by name") {
  Keeping house;
  house.cluster.set_faults([](const fakes::ApiRequest&) { return refused(403, "Forbidden"); });
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.problem() == std::string("ConfigMap ") + kMemory + ": no Forbidden");
  CHECK_FALSE(house.seen());
}

TEST_CASE("a tombstone that a PVC accepts is forgotten by the leader") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld), listed(kOther, kSnapshot, kOld)});
  const core::WantsRestore wanted = accepting(*house.seen(), kOwnSource);
  house.round({nullptr, {wanted}, std::nullopt});
  CHECK(house.seen()->ends.size() == 2);
  house.lead({listed(kOther, kSnapshot, kOld)}, {wanted});
  CHECK(house.seen()->ends.count(kOther) == 1);
  CHECK(house.seen()->ends.size() == 1);
}

TEST_CASE("nothing is forgotten for another tombstone's id, without a reason, or while there are backups") {
  Keeping house;
  const std::vector<core::ListedSnapshot> backups = {listed(kOwnSource, kSnapshot, kOld)};
  house.lead(backups);
  const core::WantsRestore right = accepting(*house.seen(), kOwnSource);
  core::WantsRestore wrong = right;
  wrong.accept_vanished = "0123456789abcdef: gone";
  house.lead({}, {wrong, accepting(*house.seen(), kOwnSource, ": ")});
  house.lead(backups, {right});
  CHECK(house.seen()->ends.size() == 1);
  CHECK(house.memory_writes() == 1);
}

TEST_CASE("an older copy of the memory takes nothing away: what this replica knows is written back, and it is said") {
  Keeping house;
  house.lead({listed(kOther, kSnapshot, kOld)});
  const std::string older = house.text();
  house.lead({listed(kOwnSource, kSnapshot, kOld), listed(kOther, kSnapshot, kOld)});
  const std::string whole = house.text();
  REQUIRE(whole != older);
  house.edit(older);
  house.follow();
  CHECK(house.seen()->ends.contains(kOwnSource));
  CHECK(house.metrics.text().find("holdfast_memory_shrunk_total{memory=\"seen\"} 1") != std::string::npos);
  house.lead({});
  CHECK(house.text() == whole);
  CHECK(house.metrics.text().find("holdfast_memory_shrunk_total{memory=\"seen\"} 1") != std::string::npos);
}

TEST_CASE("a replica that only followed writes back what an older copy lacks when it comes to lead") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.change_replica();
  house.follow();
  house.edit("");
  house.lead({});
  CHECK(house.text().find(kOwnSource) != std::string::npos);
}

TEST_CASE("what was accepted does not come back with a replica that read the memory before") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.change_replica();
  house.follow();
  house.change_replica();
  house.lead({}, {accepting(*house.seen(), kOwnSource)});
  REQUIRE(house.text().empty());
  house.change_replica();
  CHECK(house.seen()->ends.size() == 1);
  house.lead({});
  CHECK(house.seen()->ends.empty());
  CHECK(house.text().empty());
  CHECK(house.metrics.text().find("holdfast_memory_shrunk_total{memory=\"seen\"} 0") != std::string::npos);
}

TEST_CASE("what was accepted does not come back with an older copy of the memory, nor after a restart") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  const std::string older = house.text();
  house.lead({}, {accepting(*house.seen(), kOwnSource)});
  house.cluster.edit(kube::kConfigMaps, "holdfast", kMemory, [&](Json::Value& object) {
    object["data"] = Json::objectValue;
    object["data"]["identities"] = older;
  });
  house.lead({});
  CHECK(house.text().empty());
  house.edit(older);
  house.restart();
  house.lead({});
  CHECK(house.seen()->ends.empty());
}

TEST_CASE("backups that come again after they were accepted as gone are remembered, whoever knew of the acceptance") {
  Keeping house;
  const std::vector<core::ListedSnapshot> backups = {listed(kOwnSource, kSnapshot, kOld)};
  house.lead(backups);
  house.lead({}, {accepting(*house.seen(), kOwnSource)});
  house.change_replica();
  house.follow();
  house.change_replica();
  house.lead(backups);
  CHECK(house.text().find(kOwnSource) != std::string::npos);
  house.change_replica();
  house.lead({});
  CHECK(house.seen()->ends.contains(kOwnSource));
  CHECK(house.text().find(kOwnSource) != std::string::npos);
}

TEST_CASE("whose backups they are is remembered when the source that said so is gone, and written at once") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  house.hear("data");
  CHECK(house.stored()["data"]["pvcs"] == "media/data data-backup@media:/data\n");
  house.lead({});
  house.restart();
  house.follow();
  CHECK(house.seen()->owners.at(kOwnSource) == std::set<core::PvcName>{{"media", "data"}});
  house.hear("other");
  CHECK(house.seen()->owners.at(kOwnSource).size() == 2);
  CHECK(house.memory_writes() == 3);
}

TEST_CASE("an older copy of the memory, or an older holdfast, takes no PVC away") {
  Keeping house;
  house.hear("data");
  house.cluster.edit(kube::kConfigMaps, "holdfast", kMemory,
                     [](Json::Value& object) { object["data"].removeMember("pvcs"); });
  house.follow();
  CHECK(house.seen()->owners.contains(kOwnSource));
  CHECK(house.metrics.text().find("holdfast_memory_shrunk_total{memory=\"seen\"} 1") != std::string::npos);
  house.lead({});
  CHECK(house.stored()["data"]["pvcs"] == "media/data data-backup@media:/data\n");
}

TEST_CASE("what has no room in the memory is counted") {
  Keeping house;
  house.lead({});
  std::string full;
  for (int i = 0; i < 16'000; ++i) full += fmt::format("{} user-{}@{}:/d\n", kOld, 10'000 + i, std::string(24, 'n'));
  house.edit(full);
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  CHECK(house.problem().find("full: 1 identities") != std::string::npos);
  CHECK(house.metrics.text().find("holdfast_memory_left_out{memory=\"seen\"} 1") != std::string::npos);
}

TEST_CASE("tombstones are what is in the memory and not in the catalog") {
  Keeping house;
  house.lead({listed(kOwnSource, kSnapshot, kOld)});
  const core::Evidence all = current({listed(kOwnSource, kSnapshot, kOld)}), none = current({});
  CHECK_FALSE(house.keeper->misses(*std::get<core::Current>(all.state).catalog));
  CHECK(house.keeper->misses(*std::get<core::Current>(none.state).catalog));
}

TEST_CASE("where there is no place for a memory nobody is asked for it") {
  Keeping house;
  house.policy.pin = core::Unpinned{};
  house.restart();
  house.asking.on_loop([&] { house.keeper->begin({}); });
  CHECK(house.keeper->looked());
  CHECK(house.problem().find("no repository is pinned") != std::string::npos);
  CHECK(house.reads() == 0);
}
