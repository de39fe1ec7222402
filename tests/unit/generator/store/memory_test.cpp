// What the generator remembers, and what it does by that.
#include "src/generator/store/memory.hpp"

#include "tests/unit/generator/restoring.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

namespace {

constexpr const char* kSeen = "holdfast-seen-0011223344556677";
constexpr const char* kEarlier = "holdfast-seen-ffeeddccbbaa9988";
constexpr const char* kOther = "other-backup@media:/data";

std::string text(const FakeCluster& cluster, const char* name, const char* key) {
  return cluster.find(kube::kConfigMaps, "holdfast", name)["data"][key].asString();
}

void remember(FakeCluster& cluster, const char* name, const std::string& identities, const std::string& accepted = "") {
  Json::Value object = parse(R"({"metadata": {"namespace": "holdfast",
    "labels": {"app.kubernetes.io/managed-by": "holdfast"}}})");
  object["metadata"]["name"] = name;
  object["data"]["identities"] = identities;
  object["data"]["accepted"] = accepted;
  cluster.put(kube::kConfigMaps, object);
}

struct Remembering : Bench {
  Remembering() {
    setup.policy.pin = core::RepositoryId::parse(kRepositoryId).value();
    setup.options.own_namespace = "holdfast";
    asking.on_loop([&] {
      memory.emplace(setup, asking.client, hand->store, asking.log, metrics, [](const core::PvcName&) {});
      memory->lead(true);
    });
  }
  ~Remembering() {
    asking.on_loop([&] { memory.reset(); });
  }
  void round(const core::Evidence& evidence) {
    asking.on_loop([&] { memory->remember(within(10s), &evidence); });
  }
  bool knows() {
    bool known = false;
    asking.on_loop([&] { known = memory->seen() != nullptr; });
    return known;
  }

  Generator::Setup setup;
  std::optional<Memory> memory;
};

/// Its restore is over, and it is backed up.
struct Restored : Restoring {
  Restored() {
    REQUIRE(eventually([&] { return has(Part::RestoreRun) && has(Part::Destination); }));
    finish_run(kCompleted);
    REQUIRE(eventually([&] { return shown()["name"] == "restored"; }));
    edit_claim("data", [](Json::Value& claim) { claim["status"]["phase"] = "Bound"; });
    REQUIRE(eventually([&] { return has(Part::Source) && !has(Part::RestoreRun); }));
  }
  std::string mark() const {
    return held(Part::Destination)["metadata"]["annotations"]["holdfast.dev/verified"].asString();
  }
};

}  // namespace

TEST_CASE("what a replica saw before it came to lead does not bring back what a person has accepted since") {
  Remembering house;
  remember(house.cluster, kSeen, "", std::string("2026-02-28T02:00:05Z ") + kOwnSource + "\n");
  core::Evidence before = current({listed(kOwnSource, kSnapshot, kSnapshotStart)});
  before.asked = std::chrono::steady_clock::now() - 1h;
  house.round(before);
  REQUIRE(eventually([&] { return house.knows(); }));
  const core::Evidence since = current({listed(kOther, kSnapshot, kSnapshotStart)});
  CHECK(eventually([&] {
    house.round(since);
    return text(house.cluster, kSeen, "identities").find(kOther) != std::string::npos;
  }));
  CHECK(text(house.cluster, kSeen, "identities").find(kOwnSource) == std::string::npos);
}

TEST_CASE("a restored PVC whose label was away is backed up again: its destination went when the memory had its word") {
  Restored house;
  const std::string mark = house.mark();
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  REQUIRE(eventually([&] { return !house.has(Part::Source) && !house.has(Part::Destination); }));
  CHECK(text(house.cluster, "holdfast-verified", "pvcs").find(kSnapshot) != std::string::npos);
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"]["labels"]["backup"] = "daily"; });
  CHECK(eventually([&] { return house.has(Part::Source); }));
  CHECK(house.mark() == mark);
}

TEST_CASE("a restored PVC whose objects vanished while nobody was there is backed up again by the next replica") {
  Restored house;
  const std::string mark = house.mark();
  house.stop();
  house.cluster.erase(kube::kReplicationDestinations, "media", "data-backup");
  house.cluster.erase(kube::kReplicationSources, "media", "data-backup");
  house.start();
  CHECK(eventually([&] { return house.has(Part::Source); }));
  CHECK(house.mark() == mark);
}

TEST_CASE("when a restore is offered the memory has already that it was verified") {
  Restoring house;
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun) && house.has(Part::Destination); }));
  house.finish_run(kCompleted);
  REQUIRE(eventually([&] { return house.shown()["name"] == "restored"; }));
  CHECK(text(house.cluster, "holdfast-verified", "pvcs").find(kSnapshot) != std::string::npos);
}

TEST_CASE("a memory that cannot be written keeps no restore back") {
  Restoring house;
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool memory = request.path.find("holdfast-verified") != std::string::npos;
    return memory && request.method != "GET" ? refused(403, "Forbidden") : Fault{};
  });
  REQUIRE(eventually([&] { return house.has(Part::RestoreRun) && house.has(Part::Destination); }));
  house.finish_run(kCompleted);
  CHECK(eventually([&] { return house.shown()["name"] == "restored"; }));
}

TEST_CASE("where the memory cannot be written the destination of a restored PVC stays, until it can") {
  Restored house;
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool memory = request.path.find("holdfast-verified") != std::string::npos;
    return memory ? refused(403, "Forbidden") : Fault{};
  });
  house.stop();
  house.cluster.erase(kube::kConfigMaps, "holdfast", "holdfast-verified");
  house.start();
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  REQUIRE(eventually([&] { return !house.has(Part::Source); }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.has(Part::Destination));
  CHECK(eventually([&] { return house.generator->memory_problem().find("holdfast-verified") != std::string::npos; }));
  house.cluster.set_faults({});
  CHECK(eventually([&] { return !house.has(Part::Destination); }));
}

TEST_CASE("PVCs that are gone are forgotten by the sweep") {
  Restored house;
  REQUIRE(eventually([&] { return !text(house.cluster, "holdfast-verified", "pvcs").empty(); }));
  house.stop();
  house.cluster.erase(kube::kClaims, "media", "data");
  house.setup.sweep = 20ms;
  house.start();
  CHECK(eventually([&] { return text(house.cluster, "holdfast-verified", "pvcs").empty(); }));
}

TEST_CASE("an off-site backup waits where the memory of an earlier repository knows backups, until that is deleted") {
  Household house;
  house.setup.options.offsite.enabled = true;
  house.setup.options.offsite.repository = "s3:https://host/bucket";
  remember(house.cluster, kEarlier, std::string("2020-02-28T02:00:05Z ") + kOwnSource + "\n");
  Json::Value claim = claim_json("Bound");
  claim["metadata"]["annotations"]["holdfast.dev/offsite"] = "true";
  house.cluster.put(kube::kClaims, claim);
  house.start();
  REQUIRE(eventually([&] { return house.has(Part::Source); }));
  REQUIRE(eventually([&] {
    const auto gaps = house.audited().gaps;
    const bool told =
        std::any_of(gaps.begin(), gaps.end(), [](const Gap& gap) { return gap.reason == "OffsiteNotRestored"; });
    return told || house.has(Part::OffsiteSource);
  }));
  REQUIRE_FALSE(house.has(Part::OffsiteSource));
  house.cluster.erase(kube::kConfigMaps, "holdfast", kEarlier);
  CHECK(eventually([&] { return house.has(Part::OffsiteSource); }));
}
