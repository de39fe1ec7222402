// The parts of the generator that write, on a loop of their own, against a cluster that a test controls.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "holdfast/json/objects.hpp"
#include "src/generator/run/executor.hpp"
#include "src/generator/store/storage_classes.hpp"
#include "src/generator/store/workloads.hpp"
#include "tests/fakes/fake_cluster.hpp"
#include "tests/unit/generator/model.hpp"
#include "tests/unit/kube/asking.hpp"

namespace holdfast::generator::test {

using fakes::FakeCluster;
using fakes::Fault;
using holdfast::test::print;
using namespace std::chrono_literals;

inline Fault refused(int code, const std::string& reason) {
  return {Fault::Kind::Refused, fakes::refusal(code, reason, "no " + reason), {}};
}

/// Whether a call is meant to change something other than Leases, Events and ConfigMaps.
inline bool is_write(const fakes::ApiRequest& request) {
  return request.method != "GET" && request.path.find("/leases") == std::string::npos &&
         request.path.find("/events") == std::string::npos && request.path.find("/configmaps") == std::string::npos;
}

inline core::Observed observed(const Json::Value& stored) {
  return std::get<core::Observed>(json::read_observed(print(stored)));
}

/// The PVC `media/data` as the API server holds it.
inline Json::Value claim_json(const std::string& phase = "Pending", const std::string& name = "data") {
  Json::Value claim = parse(R"({"metadata": {"namespace": "media", "labels": {"backup": "daily"}},
    "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "longhorn",
             "resources": {"requests": {"storage": "10Gi"}}}})");
  claim["metadata"]["name"] = name;
  claim["status"]["phase"] = phase;
  return claim;
}

class Bench {
 public:
  Bench() {
    cluster.create_namespace("media");
    const Json::Value stored = cluster.put(kube::kClaims, claim_json());
    scene.claim = std::get<core::Claim>(json::read_claim(print(stored)));
    asking.on_loop([this] { hand.emplace(asking.client, asking.log, metrics); });
    asking.on_loop([this] { hand->store.apply_claim(scene.claim); });
  }
  ~Bench() {
    asking.on_loop([this] { hand.reset(); });
  }

  void start(std::vector<Action> actions, kube::Deadline deadline, Executor::Done done) {
    asking.on_loop([&] { hand->executor.run(kData, std::move(actions), deadline, std::move(done)); });
  }
  Executor::Outcome run(std::vector<Action> actions, std::chrono::milliseconds time = 10s) {
    const auto promise = std::make_shared<std::promise<Executor::Outcome>>();
    auto outcome = promise->get_future();
    start(std::move(actions), holdfast::test::within(time),
          [promise](const Executor::Outcome& found) { promise->set_value(found); });
    REQUIRE(outcome.wait_for(20s) == std::future_status::ready);
    return outcome.get();
  }

  /// A copy of what the store holds in that place.
  std::optional<core::Observed> known(Part part) {
    std::optional<core::Observed> found;
    asking.on_loop([&] {
      const StoredView stored = hand->store.view(kData);
      const View& view = stored.view;
      if (const auto at = view.objects.find(part); at != view.objects.end()) found = *at->second;
    });
    return found;
  }
  Json::Value held(Part part) const {
    return cluster.find(resource(part), "media", names(scene.policy.naming, "data").of(part));
  }

  Apply creation(Part part) const {
    return {part == Part::Destination ? destination_object(scene.subject(), {}) : source_object(scene.subject()),
            true,
            {},
            {},
            false};
  }
  /// Of what is there; with another schedule or mark, so that it is a change.
  Apply change(Part part) {
    scene.tier = core::Tier::Daily;
    Apply apply{part == Part::Destination ? destination_object(scene.subject(), {"uid/snapshot", "log"})
                                          : source_object(scene.subject()),
                false,
                held(part)["metadata"]["uid"].asString(),
                {},
                false};
    return apply;
  }
  Remove removal(Part part) const {
    const core::Meta meta = observed(held(part)).meta;
    return {part, meta.ns, meta.name, meta.uid, meta.resource_version, "restore-done", scene.claim.uid};
  }
  SetImage image_for(const std::string& claim_uid, std::optional<core::Image> image) const {
    const core::Meta destination = observed(held(Part::Destination)).meta;
    return {destination.ns,   destination.name, destination.uid, destination.resource_version,
            std::move(image), claim_uid};
  }
  std::size_t writes() const {
    const auto requests = asking.server.requests();
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), is_write));
  }
  std::vector<Json::Value> events() const { return cluster.all(kube::kEvents); }

  static inline const core::PvcName kData{"media", "data"};

  /// What belongs to the loop.
  struct Hand {
    Hand(kube::Client& client, const ops::Logger& log, ops::Metrics& metrics)
        : events(client, "holdfast-0", 1h, log), reporter(events, log, metrics), executor(client, store, reporter) {}
    std::set<core::PvcName> changed;
    Store store{core::Naming::LegacyBackup, volsync::Adopts::Requested,
                [this](const core::PvcName& pvc) { changed.insert(pvc); }};
    Workloads workloads{
        [this](Family family, const std::string& ns, const std::string& name) { store.touch_object(family, ns, name); },
        [this](const core::PvcName& pvc) { changed.insert(pvc); }};
    StorageClasses classes{[] {}};
    kube::EventRecorder events;
    Reporter reporter;
    Executor executor;
  };

  Scene scene;
  FakeCluster cluster;
  ops::Metrics metrics{"test"};
  holdfast::test::Asking asking{[this](const fakes::ApiRequest& request) { return cluster(request); }};
  std::optional<Hand> hand;
};

}  // namespace holdfast::generator::test
