// The thread as a whole: what it writes, what it leaves alone, and when.
#include <unistd.h>

#include <cstdio>

#include "tests/unit/generator/household.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;

namespace {

/// What is logged meanwhile.
class Overheard {
 public:
  Overheard() {
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  ~Overheard() { give_back(); }
  std::string text() {
    give_back();
    std::string all(static_cast<std::size_t>(std::max(0L, size())), '\0');
    std::rewind(file_);
    all.resize(std::fread(all.data(), 1, all.size(), file_));
    return all;
  }

 private:
  long size() {
    std::fseek(file_, 0, SEEK_END);
    return std::ftell(file_);
  }
  void give_back() {
    std::fflush(stderr);
    dup2(before_, STDERR_FILENO);
  }
  std::FILE* file_ = std::tmpfile();
  int before_ = dup(STDERR_FILENO);
};

bool has_warned(const Household& house, const std::string& reason) {
  const auto events = house.cluster.all(kube::kEvents);
  return std::any_of(events.begin(), events.end(), [&](const Json::Value& event) { return event["reason"] == reason; });
}

/// For an hour.
void let_somebody_lead(Household& house) {
  house.cluster.put(kube::kLeases, parse(R"({"metadata": {"namespace": "holdfast", "name": "holdfast"},
    "spec": {"holderIdentity": "somebody", "leaseDurationSeconds": 3600, "renewTime": "2026-01-01T00:00:00.000000Z",
             "leaseTransitions": 1}})"));
}

}  // namespace

TEST_CASE("a protected PVC gets its objects, and what somebody changes in them is put back") {
  Household house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.is_complete(); }));
  const Json::Value source = house.held(Part::Source);
  CHECK(source["metadata"]["ownerReferences"][0]["name"] == "data");

  house.cluster.edit(kube::kReplicationSources, "media", "data-backup",
                     [](Json::Value& object) { object["spec"]["trigger"]["schedule"] = "* * * * *"; });
  CHECK(eventually([&] { return house.held(Part::Source)["spec"] == source["spec"]; }));
  house.cluster.erase(kube::kReplicationDestinations, "media", "data-backup");
  CHECK(eventually([&] { return house.has(Part::Destination); }));
}

TEST_CASE("nothing is written where nothing differs: not after a restart, not in a sweep, not for a touched PVC") {
  Household house;
  house.setup.sweep = 20ms;
  for (const char* name : {"data", "more", "third"}) house.add_claim(name);
  house.start();
  REQUIRE(eventually([&] { return house.is_complete("data") && house.is_complete("more"); }));
  REQUIRE(house.all_was_looked_at());
  const std::size_t before = house.writes();
  CHECK(before == 6);
  house.stop();
  house.start();
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"]["annotations"]["other"] = "value"; });
  house.cluster.end_watches();
  REQUIRE(house.all_was_looked_at());
  house.cluster.expire_watches();
  REQUIRE(house.all_was_looked_at());
  CHECK(house.writes() == before);
}

TEST_CASE("a PVC that goes, or is not protected any more, loses its objects, and each is listed before") {
  Overheard overheard;
  {
    ops::Logger log(ops::Logger::Sink::Stderr, ops::Level::Info, ops::Format::Text);
    Household house;
    house.add_claim("data");
    house.add_claim("more");
    house.generator.emplace(house.setup, house.server.config(), house.shelf, log, house.metrics);
    house.generator->start();
    REQUIRE(eventually([&] { return house.is_complete("data") && house.is_complete("more"); }));
    house.cluster.erase(kube::kClaims, "media", "data");
    house.edit_claim("more", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
    CHECK(eventually([&] { return house.cluster.all(kube::kReplicationSources).empty(); }));
    CHECK(eventually([&] { return house.cluster.all(kube::kReplicationDestinations).empty(); }));
    house.stop();
  }
  const std::string text = overheard.text();
  for (const char* end : {" pvc=data reason=pvc-gone", " pvc=more reason=not-protected"}) {
    const std::size_t listed = text.find("msg=\"to be deleted\" kind=ReplicationSource");
    const std::size_t done = text.find("msg=deleted kind=ReplicationSource");
    INFO(text);
    CHECK(text.find(end) != std::string::npos);
    CHECK(listed < done);
  }
}

TEST_CASE("the objects of PVCs that went while nobody was there are found and removed") {
  Household house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.is_complete(); }));
  house.stop();
  house.cluster.erase(kube::kClaims, "media", "data");
  house.start();
  CHECK(eventually([&] { return !house.has(Part::Source) && !house.has(Part::Destination); }));
}

TEST_CASE("a foreign object is left as it is, and the PVC's Event says so") {
  Household house;
  Json::Value foreign = parse(R"({"metadata": {"namespace": "media", "name": "data-backup",
    "labels": {"app.kubernetes.io/managed-by": "helm"}}, "spec": {"mine": true}})");
  foreign = house.cluster.put(kube::kReplicationSources, foreign);
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return has_warned(house, "ForeignObject"); }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.audited().source == "foreign");
  house.cluster.erase(kube::kClaims, "media", "data");
  CHECK(eventually([&] { return !house.has(Part::Destination); }));
  REQUIRE(house.all_was_looked_at());
  CHECK(house.held(Part::Source) == foreign);
}

TEST_CASE("who does not hold the Lease writes nothing") {
  Household house;
  let_somebody_lead(house);
  house.start();
  REQUIRE(eventually([&] { return house.audit().problem.empty(); }));
  // By the time that the last one is known, whoever writes has written for the first.
  for (const char* name : {"data", "mail", "music", "photos"}) {
    house.add_claim(name);
    REQUIRE(eventually([&] { return house.audited(name).source == "missing"; }));
  }
  CHECK_FALSE(house.generator->leads());
  CHECK(house.writes() == 0);
  CHECK(house.cluster.all(kube::kEvents).empty());
}

TEST_CASE("nothing waits in the queue of who does not lead") {
  Household house;
  let_somebody_lead(house);
  for (const char* name : {"data", "mail", "music", "photos"}) house.add_claim(name);
  house.start();
  REQUIRE(eventually([&] { return house.audited("photos").source == "missing"; }));
  // A problem is told whenever the queue is counted: by the time that it is no problem any more, both were done.
  house.cluster.set_faults([](const fakes::ApiRequest&) { return refused(403, "Forbidden"); });
  house.cluster.end_watches();
  REQUIRE(eventually([&] { return !house.generator->problem().empty(); }));
  house.cluster.set_faults({});
  REQUIRE(eventually([&] { return house.generator->problem().empty(); }));
  CHECK(house.metrics.text().find("holdfast_generator_queue_depth 0\n") != std::string::npos);
}

TEST_CASE("whoever does not know its own namespace writes nothing, and says why") {
  Household house;
  house.setup.options.own_namespace.clear();
  house.add_claim("data");
  house.start();
  CHECK(eventually([&] { return house.generator->problem().find("POD_NAMESPACE") != std::string::npos; }));
  REQUIRE(eventually([&] { return house.audit().problem.empty(); }));
  CHECK(house.writes() == 0);
}

TEST_CASE("a generator that stops gives the Lease up, and its successor goes on at once") {
  Household house;
  house.start();
  REQUIRE(eventually([&] { return house.generator->leads(); }));
  house.stop();
  const Json::Value lease = house.cluster.find(kube::kLeases, "holdfast", "holdfast");
  CHECK(lease["spec"]["holderIdentity"].asString().empty());
  house.setup.identity = "holdfast-1";
  house.add_claim("data");
  house.start();
  CHECK(eventually([&] { return house.is_complete(); }));
}

TEST_CASE("a write under way is waited for when the generator stops") {
  Household house;
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    return Fault{Fault::Kind::None, {}, is_write(request) ? 300ms : 0ms};
  });
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.writes() == 1; }));
  house.stop();
  CHECK(house.cluster.find(kube::kLeases, "holdfast", "holdfast")["spec"]["holderIdentity"].asString().empty());
  const std::size_t after = house.writes();
  std::this_thread::sleep_for(50ms);
  CHECK(house.writes() == after);
}

TEST_CASE("no backup is set up before the index has answered a question asked about this PVC") {
  Household house;
  house.shelf.fall_silent();
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.has(Part::Destination); }));
  REQUIRE(eventually([&] { return house.shelf.proofs() > 0; }));
  CHECK_FALSE(house.has(Part::Source));
  house.shelf.speak();
  CHECK(eventually([&] { return house.has(Part::Source); }));
}

TEST_CASE("where the index knows nothing the backup is set up as soon as it does") {
  Household house;
  house.shelf.hold(unknown());
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.shelf.proofs() > 3; }));
  CHECK_FALSE(house.has(Part::Source));
  house.shelf.hold(current({}));
  CHECK(eventually([&] { return house.has(Part::Source); }));
}

TEST_CASE("writes that are refused are tried again, and the audit says so until one succeeds") {
  Household house;
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.find("replicationdestinations") != std::string::npos && is_write(request)
               ? refused(403, "Forbidden")
               : Fault{};
  });
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.has(Part::Source); }));
  const auto says = [&] {
    for (const std::string& why : house.audited().waits_for) {
      if (why == "WriteFailed: create ReplicationDestination data-backup: no Forbidden") return true;
    }
    return false;
  };
  REQUIRE(eventually(says));
  CHECK(house.audited().gap);
  CHECK(eventually([&] { return house.metrics.text().find(R"(reason="WriteFailed"} 1)") != std::string::npos; }));
  CHECK(has_warned(house, "WriteFailed"));
  house.cluster.set_faults(nullptr);
  CHECK(eventually([&] { return house.is_complete(); }));
  CHECK(eventually([&] { return !says(); }));
}

TEST_CASE("a gap is a metric of whoever leads, from when it begins until it ends or the PVC goes") {
  Household house;
  const auto shows = [&](const char* reason) {
    return house.metrics.text().find(std::string(R"(holdfast_pvc_gap{namespace="media",pvc="data",reason=")") + reason +
                                     R"("} 1)") != std::string::npos;
  };
  core::ListedSnapshot bad = listed(kOwnSource, kSnapshot, kSnapshotStart);
  bad.failed = 3;
  house.add_claim("data");
  house.edit_claim("data", [](Json::Value& claim) {
    claim["metadata"]["annotations"]["holdfast.dev/accept-older-backups"] = "as it is";
  });
  house.start();
  REQUIRE(eventually([&] { return house.is_complete(); }));
  CHECK_FALSE(shows("SnapshotHasErrors"));
  house.shelf.hold(current({bad}));
  house.add_claim("other");  // something asks for evidence
  CHECK(eventually([&] { return shows("SnapshotHasErrors"); }));
  CHECK(house.audited().gap);
  house.cluster.edit(kube::kReplicationSources, "media", "data-backup",
                     [](Json::Value& object) { object["status"]["latestMoverStatus"]["result"] = "Failed"; });
  CHECK(eventually([&] { return shows("BackupFailed"); }));
  house.shelf.hold(current({listed(kOwnSource, kSnapshot, kSnapshotStart)}));
  house.add_claim("third");
  CHECK(eventually([&] { return !shows("SnapshotHasErrors") && shows("BackupFailed"); }));
  house.cluster.erase(kube::kClaims, "media", "data");
  CHECK(eventually([&] { return !shows("BackupFailed"); }));
  house.stop();
}

TEST_CASE("a kind that may not be read is a problem by name, and the others are kept as they should be") {
  Household house;
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.find("replicationsources") != std::string::npos ? refused(403, "Forbidden") : Fault{};
  });
  house.add_claim("data");
  house.start();
  CHECK(eventually([&] { return house.has(Part::Destination); }));
  CHECK(eventually([&] { return house.generator->problem() == "replicationsources: Forbidden: no Forbidden"; }));
  CHECK_FALSE(house.has(Part::Source));
}

TEST_CASE("a namespace that goes takes its PVCs along, and the generator does not mind") {
  Household house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.is_complete(); }));
  house.cluster.erase_namespace("media");
  REQUIRE(eventually([&] { return house.audit().items.empty(); }));
  house.cluster.create_namespace("media");
  house.add_claim("data");
  CHECK(eventually([&] { return house.is_complete(); }));
}

TEST_CASE("who undoes what is written is not fought for ever, and the audit says that somebody does") {
  Household house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.is_complete(); }));
  const auto undone = [&] {
    house.cluster.edit(kube::kReplicationSources, "media", "data-backup",
                       [](Json::Value& object) { object["spec"]["trigger"]["schedule"] = "* * * * *"; });
    for (const std::string& why : house.audited().waits_for) {
      if (why.starts_with("WrittenTooOften: ")) return true;
    }
    return false;
  };
  REQUIRE(eventually(undone));
  CHECK(house.audited().gap);
}

TEST_CASE("an object with our label that names no PVC is told once and left alone") {
  Overheard overheard;
  {
    ops::Logger log(ops::Logger::Sink::Stderr, ops::Level::Warn, ops::Format::Text);
    Household house;
    const std::string labelled = R"({"metadata": {"namespace": "NS", "name": "of-no-pvc",
      "labels": {"app.kubernetes.io/managed-by": "holdfast"}}, "spec": {}})";
    for (const char* ns : {"media", "holdfast"}) {
      Json::Value object = parse(labelled);
      object["metadata"]["namespace"] = ns;
      house.cluster.put(kube::kExternalSecrets, object);
    }
    house.generator.emplace(house.setup, house.server.config(), house.shelf, log, house.metrics);
    house.generator->start();
    REQUIRE(house.all_was_looked_at());
    house.cluster.expire_watches();
    REQUIRE(house.all_was_looked_at());
    CHECK_FALSE(house.cluster.find(kube::kExternalSecrets, "media", "of-no-pvc").isNull());
    house.stop();
  }
  const std::string text = overheard.text();
  INFO(text);
  const std::size_t told = text.find("msg=\"names no PVC\" kind=ExternalSecret namespace=media name=of-no-pvc");
  REQUIRE(told != std::string::npos);
  CHECK(text.find("names no PVC", told + 10) == std::string::npos);
}

TEST_CASE("backups that were seen and are gone are remembered until a PVC that exists accepts it") {
  const auto memory = [](const Household& house) {
    return house.cluster.find(kube::kConfigMaps, "holdfast", "holdfast-seen-0011223344556677")["data"]["identities"]
        .asString();
  };
  Household house;
  house.shelf.hold(current({listed(kOwnSource, kSnapshot, kSnapshotStart)}));
  house.start();
  REQUIRE(eventually([&] { return memory(house).find(kOwnSource) != std::string::npos; }));
  house.stop();
  house.shelf.hold(current({}));
  house.start();
  house.add_claim("data", "Pending");
  REQUIRE(eventually([&] { return house.audited().code == "BackupsVanished"; }));
  const std::string message = house.audited().message;
  const std::size_t line = message.find("holdfast.dev/accept-vanished: \"") + 31;
  house.edit_claim("data", [&](Json::Value& claim) {
    claim["metadata"]["annotations"]["holdfast.dev/accept-vanished"] = message.substr(line, 16) + ": wiped";
  });
  CHECK(eventually([&] { return memory(house).empty(); }));
  CHECK(eventually([&] { return house.generator->memory_problem().empty(); }));
  CHECK(house.audited().code == "NoBackup");
}
