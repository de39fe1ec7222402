#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

TEST_CASE("what was written is in the store with the answer, before any watch tells") {
  Bench bench;
  const auto outcome = bench.run({bench.creation(Part::Destination)});
  CHECK(outcome.written == 1);
  CHECK(outcome.failed == 0);
  const auto destination = bench.known(Part::Destination);
  REQUIRE(destination.has_value());
  CHECK(destination->meta.uid == bench.held(Part::Destination)["metadata"]["uid"].asString());

  bench.run({bench.change(Part::Destination)});
  CHECK(bench.known(Part::Destination)->meta.resource_version ==
        bench.held(Part::Destination)["metadata"]["resourceVersion"].asString());
  CHECK(bench.known(Part::Destination)->meta.uid == destination->meta.uid);
}

TEST_CASE("an object that somebody has made in the meantime is not taken over") {
  Bench bench;
  const Json::Value foreign = bench.cluster.put(
      kube::kReplicationDestinations, parse(R"({"metadata": {"namespace": "media", "name": "data-backup"}})"));
  const auto outcome = bench.run({bench.creation(Part::Destination)});
  CHECK(outcome.failed == 1);
  REQUIRE(outcome.error.has_value());
  CHECK(outcome.error->conflict());
  CHECK(outcome.action == "create ReplicationDestination data-backup");
  CHECK(bench.held(Part::Destination) == foreign);
}

TEST_CASE("a change is for the object that was seen, not for its successor") {
  Bench bench;
  bench.run({bench.creation(Part::Destination)});
  const Apply change = bench.change(Part::Destination);
  const Json::Value successor = bench.cluster.put(kube::kReplicationDestinations, bench.held(Part::Destination));
  CHECK(bench.run({change}).error->conflict());
  CHECK(bench.held(Part::Destination) == successor);
}

TEST_CASE("an object that is deleted is out of the store at once") {
  Bench bench;
  bench.run({bench.creation(Part::Destination)});
  CHECK(bench.run({bench.removal(Part::Destination)}).written == 1);
  CHECK(bench.held(Part::Destination).isNull());
  CHECK_FALSE(bench.known(Part::Destination).has_value());
  CHECK(bench.metrics.text().find(R"(holdfast_generator_delete_total{kind="ReplicationDestination",)"
                                  R"(reason="restore-done"} 1)") != std::string::npos);
}

TEST_CASE("an object that was gone already counts as deleted") {
  Bench bench;
  bench.run({bench.creation(Part::Destination)});
  const Remove removal = bench.removal(Part::Destination);
  bench.cluster.erase(kube::kReplicationDestinations, "media", "data-backup");
  CHECK(bench.run({removal}).failed == 0);
  CHECK_FALSE(bench.known(Part::Destination).has_value());
}

TEST_CASE("an object that has changed since is not deleted") {
  Bench bench;
  bench.run({bench.creation(Part::Destination)});
  const Remove removal = bench.removal(Part::Destination);
  bench.cluster.edit(kube::kReplicationDestinations, "media", "data-backup", [](Json::Value& destination) {
    destination["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "helm";
  });
  CHECK(bench.run({removal}).error->conflict());
  CHECK_FALSE(bench.held(Part::Destination).isNull());
}

TEST_CASE("an object with a finalizer stays in the store, as one that goes, until it is gone") {
  Bench bench;
  bench.run({bench.creation(Part::Source)});
  bench.cluster.edit(kube::kReplicationSources, "media", "data-backup",
                     [](Json::Value& source) { source["metadata"]["finalizers"].append("volsync.backube/busy"); });
  CHECK(bench.run({bench.removal(Part::Source)}).written == 1);
  REQUIRE(bench.known(Part::Source).has_value());
  CHECK(bench.known(Part::Source)->meta.deleting);
}

TEST_CASE("one refused write does not keep the others of the plan from being tried") {
  const int code = GENERATE(400, 403, 404, 409, 422, 500);
  Bench bench;
  bench.cluster.set_faults([code](const fakes::ApiRequest& request) {
    return request.path.find("replicationdestinations") == std::string::npos ? Fault{} : refused(code, "Said");
  });
  const auto outcome = bench.run({bench.creation(Part::Destination), bench.creation(Part::Source)});
  CHECK(outcome.failed == 1);
  CHECK(outcome.written == 1);
  CHECK(outcome.error->code == code);
  CHECK(bench.known(Part::Source).has_value());
  CHECK_FALSE(bench.known(Part::Destination).has_value());
}

TEST_CASE("an API server that cannot do it now is not asked for the rest of the plan") {
  const Fault fault = GENERATE(refused(429, "TooManyRequests"), refused(503, "ServiceUnavailable"),
                               refused(504, "Timeout"), Fault{Fault::Kind::Lost, {}, {}});
  Bench bench;
  bench.cluster.set_faults([&](const fakes::ApiRequest& request) {
    return request.path.find("replicationdestinations") == std::string::npos ? Fault{} : fault;
  });
  const auto outcome = bench.run({bench.creation(Part::Destination), bench.creation(Part::Source)});
  CHECK(outcome.failed == 1);
  CHECK(outcome.written == 0);
  CHECK(outcome.error->passing());
  CHECK(bench.held(Part::Source).isNull());
}

TEST_CASE("a write that is put off by the API server is made again within the time there is") {
  Bench bench;
  int calls = 0;
  bench.cluster.set_faults([&calls](const fakes::ApiRequest& request) {
    Fault fault = is_write(request) && ++calls == 1 ? refused(429, "TooManyRequests") : Fault{};
    fault.answer.headers.emplace_back("Retry-After", "1");
    return fault;
  });
  const auto outcome = bench.run({bench.creation(Part::Destination)});
  CHECK(outcome.written == 1);
  CHECK(bench.writes() == 2);
}

TEST_CASE("a write that was done but not answered is a failure, and nothing is made up about it") {
  Bench bench;
  bench.cluster.set_faults([](const fakes::ApiRequest&) { return Fault{Fault::Kind::Unheard, {}, {}}; });
  const auto outcome = bench.run({bench.creation(Part::Destination)});
  CHECK(outcome.failed == 1);
  CHECK_FALSE(bench.known(Part::Destination).has_value());
  CHECK_FALSE(bench.held(Part::Destination).isNull());
}

TEST_CASE("no write begins after the time of the Lease") {
  Bench bench;
  const auto outcome = bench.run({bench.creation(Part::Destination)}, 0s);
  CHECK(outcome.written == 0);
  CHECK(outcome.failed == 0);
  CHECK(bench.asking.server.requests().empty());
}

TEST_CASE("a plan that runs out of time is given up where it stands") {
  Bench bench;
  bench.cluster.set_faults([](const fakes::ApiRequest&) { return Fault{Fault::Kind::None, {}, 1500ms}; });
  const auto outcome = bench.run({bench.creation(Part::Destination), bench.creation(Part::Source)}, 500ms);
  CHECK(outcome.written == 0);
  CHECK(outcome.failed == 1);
  CHECK(bench.writes() == 1);
}

TEST_CASE("nothing is told to an executor that is gone") {
  Bench bench;
  bench.cluster.set_faults([](const fakes::ApiRequest&) { return Fault{Fault::Kind::None, {}, 200ms}; });
  std::atomic<bool> told = false;
  bench.start({bench.creation(Part::Destination)}, within(10s), [&told](const Executor::Outcome&) { told = true; });
  REQUIRE(bench.asking.server.wait_for(1));
  bench.asking.on_loop([&] { bench.hand.reset(); });
  const auto answer = bench.asking.get({kube::kClaims, "media", "data"});
  CHECK(std::holds_alternative<std::string>(answer));  // comes after that of the write
  CHECK_FALSE(told);
}

namespace {

/// A destination without an image, for the PVC that there is.
struct AtTheDestination : Bench {
  AtTheDestination() { run({creation(Part::Destination)}); }
  void put_snapshot(const std::string& status) {
    Json::Value snapshot = parse(R"({"metadata": {"namespace": "media", "name": "restored"}})");
    snapshot["status"] = parse(status);
    cluster.put(kube::kVolumeSnapshots, snapshot);
  }
  Executor::Outcome open() { return run({image_for(scene.claim.uid, image("restored"))}); }
  Json::Value shown() const { return held(Part::Destination)["status"]["latestImage"]; }
  void edit_claim(const std::function<void(Json::Value&)>& change) {
    cluster.edit(kube::kClaims, "media", "data", change);
  }
};

}  // namespace

TEST_CASE("an image is put on the destination for the PVC that waits for it, and taken off again") {
  AtTheDestination bench;
  CHECK(bench.open().written == 1);
  CHECK(bench.shown() == parse(R"({"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot",
                                   "name": "restored"})"));
  CHECK(bench.known(Part::Destination)->status.image == image("restored"));
  CHECK(bench.run({bench.image_for("", std::nullopt)}).written == 1);
  CHECK(bench.shown().isNull());
  CHECK_FALSE(bench.known(Part::Destination)->status.image.has_value());
}

TEST_CASE("no image for a PVC that is another one, is going, is bound or is gone, whatever the watch says") {
  AtTheDestination bench;
  SECTION("another one of the same name") { bench.cluster.put(kube::kClaims, claim_json()); }
  SECTION("being deleted") {
    bench.edit_claim([](Json::Value& claim) { claim["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"; });
  }
  SECTION("bound") {
    bench.edit_claim([](Json::Value& claim) { claim["status"]["phase"] = "Bound"; });
  }
  SECTION("gone") { bench.cluster.erase(kube::kClaims, "media", "data"); }
  SECTION("not readable by us") {
    bench.cluster.set_faults([](const fakes::ApiRequest& request) {
      return request.path.ends_with("/persistentvolumeclaims/data") ? refused(403, "Forbidden") : Fault{};
    });
  }
  const auto outcome = bench.open();
  CHECK(outcome.failed == 1);
  CHECK(outcome.written == 0);
  CHECK(bench.shown().isNull());
}

TEST_CASE("an image that the PVC's request does not cover is not published") {
  AtTheDestination bench;
  bench.put_snapshot(R"({"readyToUse": true, "restoreSize": "10737418241"})");
  const auto outcome = bench.open();
  CHECK(outcome.written == 0);
  CHECK(outcome.failed == 0);
  REQUIRE(outcome.unfit_image);
  CHECK(outcome.unfit_image->name == "restored");
  CHECK(outcome.unfit_image->needed == "10737418241");
  CHECK(bench.shown().isNull());
}

TEST_CASE("an image that is not ready, of which no size is known, is not published yet") {
  AtTheDestination bench;
  bench.put_snapshot(GENERATE("{}", R"({"readyToUse": false})"));
  const auto outcome = bench.open();
  CHECK(outcome.failed == 0);
  REQUIRE(outcome.unfit_image);
  CHECK(outcome.unfit_image->needed.empty());
  CHECK(bench.shown().isNull());
}

TEST_CASE("an image that the request covers is published, and so is one whose size nobody says") {
  AtTheDestination bench;
  SECTION("as large as the request") { bench.put_snapshot(R"({"readyToUse": true, "restoreSize": "10Gi"})"); }
  SECTION("smaller, not ready yet") { bench.put_snapshot(R"({"readyToUse": false, "restoreSize": "1Gi"})"); }
  SECTION("ready, without a size: provisioners compare none") { bench.put_snapshot(R"({"readyToUse": true})"); }
  SECTION("not there") {}
  SECTION("not readable by us") {
    bench.put_snapshot(R"({"readyToUse": true, "restoreSize": "20Gi"})");
    bench.cluster.set_faults([](const fakes::ApiRequest& request) {
      return request.path.find("/volumesnapshots/") == std::string::npos ? Fault{} : refused(403, "Forbidden");
    });
  }
  const auto outcome = bench.open();
  CHECK(outcome.written == 1);
  CHECK_FALSE(outcome.unfit_image);
  CHECK(bench.shown()["name"] == "restored");
}

TEST_CASE("what else there is to do is done although the image does not fit") {
  AtTheDestination bench;
  bench.put_snapshot(R"({"readyToUse": true, "restoreSize": "20Gi"})");
  const auto outcome =
      bench.run({bench.image_for(bench.scene.claim.uid, image("restored")), bench.creation(Part::Source)});
  CHECK(outcome.unfit_image);
  CHECK(outcome.written == 1);
  CHECK_FALSE(bench.held(Part::Source).isNull());
}

TEST_CASE("while the API server does not say how large the image is, nothing is published") {
  AtTheDestination bench;
  bench.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool asked = request.path.find("/volumesnapshots/") != std::string::npos;
    return asked ? Fault{Fault::Kind::Lost, {}, {}} : Fault{};
  });
  const auto outcome = bench.open();
  REQUIRE(outcome.error);
  CHECK(outcome.error->passing());
  CHECK(bench.shown().isNull());
}

TEST_CASE("a destination that has changed since is not opened") {
  AtTheDestination bench;
  const SetImage set = bench.image_for(bench.scene.claim.uid, image("restored"));
  bench.cluster.edit(kube::kReplicationDestinations, "media", "data-backup",
                     [](Json::Value& destination) { destination["metadata"]["labels"]["touched"] = "yes"; });
  CHECK(bench.run({set}).error->conflict());
  CHECK(bench.shown().isNull());
}

TEST_CASE("a question about the PVC that is answered too late opens no destination") {
  AtTheDestination bench;
  const std::size_t before = bench.writes();
  bench.cluster.set_faults([](const fakes::ApiRequest& request) {
    return Fault{Fault::Kind::None, {}, request.method == "GET" ? 1000ms : 0ms};
  });
  const auto outcome = bench.run({bench.image_for(bench.scene.claim.uid, image("restored"))}, 300ms);
  CHECK(outcome.failed == 1);
  CHECK(bench.writes() == before);
}

TEST_CASE("a question about the PVC that gets no answer ends the plan, as any write without one does") {
  AtTheDestination bench;
  bench.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.method == "GET" ? Fault{Fault::Kind::Lost, {}, {}} : Fault{};
  });
  const auto outcome =
      bench.run({bench.image_for(bench.scene.claim.uid, image("restored")), bench.creation(Part::Source)});
  CHECK(outcome.error->passing());
  CHECK(outcome.written == 0);
  CHECK(bench.held(Part::Source).isNull());
}

TEST_CASE("a write that the API server refuses for good becomes an Event on the PVC, a conflict does not") {
  Bench bench;
  bench.cluster.set_faults([](const fakes::ApiRequest& request) {
    if (request.path.find("replicationsources") != std::string::npos) return refused(409, "Conflict");
    return request.path.find("replicationdestinations") == std::string::npos ? Fault{} : refused(403, "Forbidden");
  });
  bench.run({bench.creation(Part::Destination), bench.creation(Part::Source)});
  REQUIRE(eventually([&] { return !bench.events().empty(); }));
  const auto events = bench.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0]["reason"] == "WriteFailed");
  CHECK(events[0]["message"] == "create ReplicationDestination data-backup: no Forbidden");
  CHECK(events[0]["involvedObject"]["uid"] == bench.scene.claim.uid);
}

namespace {

/// The mover's Job, and the change and the removal of a ReplicationSource that rest on its being idle.
struct Stuck {
  explicit Stuck(const std::string& job_status) {
    bench.run({bench.creation(Part::Source)});
    if (job_status.empty()) return;
    Json::Value job = parse(R"({"metadata":{"namespace":"media","name":"volsync-src-data-backup"}})");
    job["status"] = parse(job_status);
    bench.cluster.put(kube::kJobs, job);
  }
  Apply change() {
    Apply change = bench.change(Part::Source);
    change.idle_job = "volsync-src-data-backup";
    return change;
  }
  Remove removal() {
    Remove removal = bench.removal(Part::Source);
    removal.idle_job = "volsync-src-data-backup";
    return removal;
  }
  Bench bench;
};

}  // namespace

TEST_CASE("what rests on an idle mover is not done while the Job itself says that it works") {
  Stuck stuck(GENERATE(as<std::string>{}, R"({"active":1,"ready":1,"failed":2})", R"({"active":1})",
                       R"({"active":0,"succeeded":1})", R"({"conditions":[{"type":"Complete","status":"True"}]})"));
  const Json::Value before = stuck.bench.held(Part::Source);
  const auto outcome = stuck.bench.run({stuck.change()});
  CHECK(outcome.written == 0);
  REQUIRE(outcome.error.has_value());
  CHECK(outcome.error->conflict());
  CHECK(outcome.error->message == "its mover is at work by now");
  CHECK(stuck.bench.run({stuck.removal()}).written == 0);
  CHECK(stuck.bench.held(Part::Source) == before);
}

TEST_CASE("what rests on an idle mover is done where its Job has no pod at work, or is gone") {
  Stuck stuck(GENERATE(as<std::string>{}, "", R"({"active":1,"ready":0})", R"({"active":0,"failed":3})",
                       R"({"conditions":[{"type":"Failed","status":"True"}]})"));
  CHECK(stuck.bench.run({stuck.change()}).written == 1);
  CHECK(stuck.bench.run({stuck.removal()}).written == 1);
  CHECK(stuck.bench.held(Part::Source).isNull());
}

TEST_CASE("what rests on an idle mover is not done where its Job cannot be read") {
  Stuck stuck("");
  stuck.bench.cluster.set_faults([](const fakes::ApiRequest& request) {
    return request.path.find("/jobs/") == std::string::npos ? Fault{} : refused(403, "Forbidden");
  });
  const auto outcome = stuck.bench.run({stuck.change()});
  CHECK(outcome.written == 0);
  CHECK(outcome.error->forbidden());
}

namespace {

/// A source of kyverno's, and its being taken over as it was seen.
struct BesideTheirs : Bench {
  BesideTheirs() { seen = put(); }
  Json::Value put() {
    return cluster.put(kube::kReplicationSources, parse(R"({"metadata": {"namespace": "media", "name": "data-backup",
                                              "labels": {"app.kubernetes.io/managed-by": "kyverno"}},
                                 "spec": {"sourcePVC": "data", "trigger": {"schedule": "0 * * * *"}, "kopia": {}}})"));
  }
  Apply takeover() {
    Apply apply = change(Part::Source);
    apply.uid = seen["metadata"]["uid"].asString();
    apply.resource_version = seen["metadata"]["resourceVersion"].asString();
    apply.adopts = true;
    return apply;
  }
  Json::Value seen;
};

kube::ApiError said(const Executor::Outcome& outcome) { return outcome.error.value_or(kube::ApiError{}); }

std::string record_on(const Json::Value& object) {
  return object["metadata"]["annotations"]["holdfast.dev/adopted-from"].asString();
}

}  // namespace

TEST_CASE("what is taken over says what it was before") {
  BesideTheirs bench;
  CHECK(bench.run({bench.takeover()}).written == 1);
  const Json::Value taken = bench.held(Part::Source), record = parse(record_on(taken));
  CHECK(taken["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "holdfast");
  CHECK(record["labels"]["app.kubernetes.io/managed-by"] == "kyverno");
  CHECK(record["spec"] == bench.seen["spec"]);
  CHECK_FALSE(bench.known(Part::Source)->meta.annotations.contains("holdfast.dev/adopted-from"));
}

TEST_CASE("nothing is taken over that was not written down first") {
  BesideTheirs bench;
  SECTION("it has changed since it was seen") {
    const Apply takeover = bench.takeover();
    bench.cluster.edit(kube::kReplicationSources, "media", "data-backup",
                       [](Json::Value& source) { source["spec"]["trigger"]["schedule"] = "5 * * * *"; });
    CHECK(said(bench.run({takeover})).conflict());
  }
  SECTION("it is another one by now") {
    const Apply takeover = bench.takeover();
    bench.cluster.erase(kube::kReplicationSources, "media", "data-backup");
    bench.put();
    CHECK(said(bench.run({takeover})).conflict());
  }
  SECTION("it is too large for that") {
    bench.cluster.edit(kube::kReplicationSources, "media", "data-backup",
                       [](Json::Value& source) { source["spec"]["more"] = std::string(70'000, 'x'); });
    bench.seen = bench.held(Part::Source);
    CHECK_THAT(said(bench.run({bench.takeover()})).message, Catch::Contains("65536"));
  }
  SECTION("the API server refuses it") {
    bench.cluster.set_faults([](const fakes::ApiRequest& request) {
      const bool notes = request.body.find("adopted-from") != std::string::npos;
      return notes ? refused(403, "Forbidden") : Fault{};
    });
    CHECK(said(bench.run({bench.takeover()})).forbidden());
  }
  CHECK(bench.held(Part::Source)["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kyverno");
  CHECK(record_on(bench.held(Part::Source)).empty());
}

TEST_CASE("where one part is not taken over those that come after it are not either") {
  BesideTheirs bench;
  bench.run({bench.creation(Part::Destination)});
  Apply first = bench.change(Part::Destination);
  first.adopts = true;
  bench.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool hits = is_write(request) && request.path.find("replicationdestinations") != std::string::npos;
    return hits ? refused(422, "Invalid") : Fault{};
  });
  const auto outcome = bench.run({first, bench.takeover()});
  CHECK(outcome.failed == 1);
  CHECK(outcome.written == 0);
  CHECK(bench.held(Part::Source) == bench.seen);
}
