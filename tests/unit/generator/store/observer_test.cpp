#include "src/generator/store/observer.hpp"

#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;

namespace {

/// Watches into the bench's store.
struct Watch : Bench {
  ~Watch() {
    asking.on_loop([&] { observer.reset(); });
  }
  void start(bool external_secrets = true) {
    asking.on_loop([&] {
      observer.emplace(asking.loop, asking.client, hand->store, hand->workloads, hand->classes,
                       Observer::Options{external_secrets, 10ms, {}, true}, asking.log);
      observer->start();
    });
  }
  template <class T>
  T ask(const std::function<T()>& question) {
    T answer{};
    asking.on_loop([&] { answer = question(); });
    return answer;
  }
  bool settled() {
    return ask<bool>([&] { return observer->settled(); });
  }
  std::string problem() {
    return ask<std::string>([&] { return observer->problem(); });
  }
  std::set<std::string> claims() {
    return ask<std::set<std::string>>([&] {
      std::set<std::string> found;
      for (const core::PvcName& pvc : hand->store.claims("")) found.insert(pvc.name);
      return found;
    });
  }
  Known known_state(Part part) {
    return ask<Known>([&] { return hand->store.view(kData).view.known.at(part); });
  }
  bool namespace_is_known() {
    return ask<bool>([&] { return hand->store.view(kData).view.namespace_labels != nullptr; });
  }

  std::optional<Observer> observer;
};

using Pvcs = std::set<std::string>;

Json::Value destination_json() {
  return parse(R"({"metadata": {"namespace": "media", "name": "data-backup",
    "labels": {"app.kubernetes.io/managed-by": "holdfast"}}, "spec": {}})");
}

}  // namespace

TEST_CASE("what there is and what comes, changes and goes is in the store") {
  Watch watch;
  watch.cluster.put(kube::kReplicationDestinations, destination_json());
  watch.start();
  REQUIRE(eventually([&] { return watch.settled(); }));
  CHECK(eventually([&] { return watch.known(Part::Destination).has_value(); }));
  CHECK(eventually([&] { return watch.namespace_is_known(); }));
  CHECK(watch.problem().empty());

  watch.cluster.put(kube::kClaims, claim_json("Bound", "more"));
  CHECK(eventually([&] { return watch.claims() == Pvcs{"data", "more"}; }));
  watch.cluster.erase(kube::kClaims, "media", "data");
  CHECK(eventually([&] { return watch.claims() == Pvcs{"more"}; }));
  watch.cluster.erase_namespace("media");
  CHECK(eventually([&] { return !watch.namespace_is_known() && !watch.known(Part::Destination); }));
}

TEST_CASE("what happened while a watch was broken is known after it") {
  const auto breaks = GENERATE(&FakeCluster::end_watches, &FakeCluster::cut_watches, &FakeCluster::expire_watches);
  Watch watch;
  watch.start();
  REQUIRE(eventually([&] { return watch.settled() && watch.claims() == Pvcs{"data"}; }));
  (watch.cluster.*breaks)();
  watch.cluster.erase(kube::kClaims, "media", "data");
  watch.cluster.put(kube::kClaims, claim_json("Bound", "more"));
  CHECK(eventually([&] { return watch.claims() == Pvcs{"more"}; }));
  CHECK(eventually([&] { return watch.problem().empty(); }));
}

TEST_CASE("a kind that the cluster does not have is a problem by its name, and stops no other watch") {
  Watch watch;
  watch.cluster.hide(kube::kReplicationSources);
  watch.start();
  REQUIRE(eventually([&] { return watch.settled(); }));
  CHECK(watch.problem() ==
        "replicationsources: the API server does not know replicationsources of volsync.backube/v1alpha1");
  CHECK(watch.known_state(Part::Source) == Known::Absent);
  CHECK(watch.known_state(Part::Destination) == Known::Current);
}

TEST_CASE("a kind that we may not read is not the same as one without objects") {
  Watch watch;
  watch.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.find("externalsecrets") != std::string::npos ? refused(403, "Forbidden") : Fault{};
  });
  watch.start();
  REQUIRE(eventually([&] { return watch.settled(); }));
  CHECK(watch.known_state(Part::Secret) == Known::Forbidden);
  CHECK(watch.problem() == "externalsecrets: Forbidden: no Forbidden");
}

TEST_CASE("a Job of VolSync's and the pods are on their way into the store of workloads") {
  Watch watch;
  const Json::Value source = watch.cluster.put(kube::kReplicationSources, parse(R"({"metadata": {"namespace": "media",
    "name": "data-backup", "labels": {"app.kubernetes.io/managed-by": "holdfast"}}, "spec": {}})"));
  Json::Value job = parse(R"({"metadata": {"namespace": "media", "name": "volsync-src-data-backup",
    "labels": {"app.kubernetes.io/created-by": "volsync"},
    "ownerReferences": [{"kind": "ReplicationSource", "name": "data-backup"}]},
    "spec": {"backoffLimit": 8}, "status": {"active": 1, "failed": 2}})");
  job["metadata"]["ownerReferences"][0]["uid"] = source["metadata"]["uid"];
  watch.start();
  REQUIRE(eventually([&] { return watch.settled(); }));
  const auto failed = [&] {
    return watch.ask<std::int64_t>([&]() -> std::int64_t {
      StoredView stored = watch.hand->store.view(Bench::kData);
      watch.hand->workloads.add_to(stored.view);
      const auto mover = stored.view.movers.find(Part::Source);
      return mover == stored.view.movers.end() ? -1 : mover->second.failed;
    });
  };
  CHECK(failed() == -1);
  watch.cluster.put(kube::kJobs, job);
  CHECK(eventually([&] { return failed() == 2; }));
  watch.cluster.erase(kube::kJobs, "media", "volsync-src-data-backup");
  CHECK(eventually([&] { return failed() == -1; }));

  watch.cluster.put(kube::kPods, parse(R"({"metadata": {"namespace": "media", "name": "app"},
    "spec": {"securityContext": {"runAsUser": 568}, "volumes": [{"name": "v",
      "persistentVolumeClaim": {"claimName": "data"}}], "containers": [{"volumeMounts": [{"name": "v"}]}]}})"));
  CHECK(eventually([&] {
    return watch.ask<bool>([&] {
      StoredView stored = watch.hand->store.view(Bench::kData);
      watch.hand->workloads.add_to(stored.view);
      return stored.view.users == Users{Users::Are::Alike, {568, {}, {}}};
    });
  }));
}

TEST_CASE("ExternalSecrets that nobody asked for are missed by nobody") {
  Watch watch;
  watch.cluster.hide(kube::kExternalSecrets);
  watch.start(false);
  REQUIRE(eventually([&] { return watch.settled(); }));
  CHECK(watch.problem().empty());
}

TEST_CASE("before everything was listed once, what is missing is named") {
  Watch watch;
  watch.cluster.set_faults([](const fakes::ApiRequest& request) {
    return Fault{Fault::Kind::None, {}, request.path == "/api/v1/namespaces" ? 500ms : 0ms};
  });
  watch.start();
  CHECK(watch.problem().find("namespaces: not listed yet") != std::string::npos);
  CHECK_FALSE(watch.settled());
}

TEST_CASE("a list with a member that cannot be read does not say what is gone; the next whole one does") {
  Watch watch;
  watch.start();
  REQUIRE(eventually([&] { return watch.settled() && watch.claims() == Pvcs{"data"}; }));
  watch.asking.on_loop([&] { watch.observer.reset(); });
  watch.cluster.erase(kube::kClaims, "media", "data");
  Json::Value broken = claim_json("Bound", "broken");
  broken["metadata"]["labels"] = "none";
  watch.cluster.put(kube::kClaims, broken);
  watch.cluster.put(kube::kClaims, claim_json("Bound", "more"));
  watch.start();
  REQUIRE(eventually([&] { return watch.settled() && watch.claims().contains("more"); }));
  CHECK(watch.claims() == Pvcs{"data", "more"});

  watch.cluster.erase(kube::kClaims, "media", "broken");
  watch.cluster.expire_watches();
  CHECK(eventually([&] { return watch.claims() == Pvcs{"more"}; }));
}

TEST_CASE("an object of a watch that cannot be read leaves it unknown what there is, until the next whole list") {
  const kube::Resource& kind = GENERATE(std::cref(kube::kClaims), std::cref(kube::kReplicationSources));
  Watch watch;
  const auto current = [&] {
    return watch.ask<bool>([&] {
      WatchedOwners owners;
      watch.hand->store.update(owners, {});
      return owners.current;
    });
  };
  watch.start();
  REQUIRE(eventually(current));
  Json::Value broken = claim_json("Bound", "broken");
  broken["spec"] = broken["status"] = 7;
  watch.cluster.put(kind, broken);
  CHECK(eventually([&] { return !current(); }));
  watch.cluster.erase(kind, "media", "broken");
  watch.cluster.expire_watches();
  CHECK(eventually(current));
}

TEST_CASE(
    "which driver makes volumes and snapshots of a class is known, and a cluster without such kinds is no problem") {
  Watch watch;
  const auto drivers = [&] { return watch.ask<StorageDrivers>([&] { return watch.hand->classes.known(); }); };
  watch.cluster.hide(kube::kVolumeSnapshotClasses);
  watch.cluster.put(kube::kStorageClasses, parse(R"({"metadata": {"name": "fast"}, "provisioner": "a.csi"})"));
  watch.start();
  REQUIRE(eventually([&] { return watch.settled() && drivers().storage.listed; }));
  CHECK(drivers().storage.drivers == std::map<std::string, std::string>{{"fast", "a.csi"}});
  CHECK(drivers().snapshots == Classes{true, false, {}});
  CHECK(watch.problem().empty());
  watch.cluster.put(kube::kStorageClasses, parse(R"({"metadata": {"name": "slow"}, "provisioner": "b.csi"})"));
  CHECK(eventually([&] { return drivers().storage.drivers.size() == 2; }));
  watch.cluster.erase(kube::kStorageClasses, "", "fast");
  CHECK(eventually([&] { return drivers().storage.drivers.count("fast") == 0; }));
}
