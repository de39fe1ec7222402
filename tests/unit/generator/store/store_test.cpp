#include <catch2/catch.hpp>
#include <set>
#include <type_traits>

#include "holdfast/volsync/observed.hpp"
#include "tests/unit/generator/store/store_bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::store_bench;
using Is = kube::WatchState::Is;

TEST_CASE("a claim that is new, changed or gone is told once; the same version again is not") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  CHECK(bench.take() == kOnlyData);
  bench.store.apply_claim(claim(kData));
  CHECK(bench.take().empty());
  bench.store.apply_claim(claim(kData, "u1", "11"));
  CHECK(bench.take() == kOnlyData);
  bench.store.remove_claim(kData);
  CHECK(bench.take() == kOnlyData);
  bench.store.remove_claim(kData);
  CHECK(bench.take().empty());
}

TEST_CASE("an older version of the same object does not undo what is known, that of a new object does") {
  Bench bench;
  bench.store.apply_claim(claim(kData, "u1", "100"));
  bench.store.apply_claim(claim(kData, "u1", "99"));
  CHECK(bench.store.claim(kData)->resource_version == "100");
  bench.store.apply_claim(claim(kData, "u2", "5"));
  CHECK(bench.store.claim(kData)->uid == "u2");

  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data", "20"));
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data", "3"));
  CHECK(bench.store.view(kData).view.objects.at(Part::Source)->meta.resource_version == "20");
}

TEST_CASE("a reset takes away what was not seen again, and only that") {
  Bench bench;
  const core::PvcName other{"media", "other"};
  bench.store.apply_claim(claim(kData));
  bench.store.apply_claim(claim(other));
  bench.take();
  bench.store.begin_claims_reset();
  bench.store.apply_claim(claim(kData));
  CHECK(bench.store.claim(other) != nullptr);  // not before the list is whole
  bench.store.end_claims_reset();
  CHECK(bench.store.claim(other) == nullptr);
  CHECK(bench.store.claim(kData) != nullptr);
  CHECK(bench.take().contains(other));
}

TEST_CASE("a list that broke off takes nothing away") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.begin_claims_reset();
  bench.store.begin_claims_reset();
  bench.store.apply_claim(claim(kData));
  bench.store.end_claims_reset();
  CHECK(bench.store.claim(kData) != nullptr);
}

TEST_CASE("that a claim is missing proves nothing before all claims were listed once") {
  Bench bench;
  CHECK_FALSE(bench.store.view(kData).view.claims_known);
  bench.store.begin_claims_reset();
  bench.store.end_claims_reset();
  CHECK(bench.store.view(kData).view.claims_known);
  bench.store.set_claims_state({Is::Forbidden, "not allowed"});
  CHECK_FALSE(bench.store.view(kData).view.claims_known);
}

TEST_CASE("a claim's view holds the objects under its names, whoever made them") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.apply_object(Family::Destinations, object("media", "data-backup", "holdfast", "data"));
  bench.store.apply_object(Family::Destinations, object("media", "data-restore", "kyverno"));
  bench.store.apply_object(Family::Sources, object("media", "data-backup", ""));
  bench.store.apply_object(Family::Secrets, object("media", "volsync-data"));
  bench.store.apply_object(Family::Secrets, object("other", "volsync-data"));
  const StoredView stored = bench.store.view(kData);
  const View& view = stored.view;
  CHECK(view.objects.at(Part::Destination)->meta.name == "data-backup");
  CHECK(view.objects.at(Part::RestoreRun)->meta.name == "data-restore");
  CHECK(view.objects.at(Part::Source)->meta.labels.empty());
  CHECK(view.objects.at(Part::Secret)->meta.ns == "media");
  CHECK(view.strays.empty());
}

TEST_CASE("a view keeps its objects, where it is moved to and when the store has others") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data", "20"));
  StoredView first = bench.store.view(kData);
  const core::Observed* const source = first.view.objects.at(Part::Source);
  const StoredView moved = std::move(first);
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data", "21"));
  bench.store.remove_object(Family::Sources, "media", "data-backup");
  CHECK(moved.view.objects.at(Part::Source) == source);
  CHECK(source->meta.resource_version == "20");
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<StoredView>);
}

TEST_CASE("an object that was made for another PVC is that one's stray until it is its own again") {
  Bench bench;
  const core::PvcName other{"media", "other"};
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "other", "20"));
  REQUIRE(bench.store.view(other).view.strays.size() == 1);
  CHECK(bench.store.view(kData).view.objects.contains(Part::Source));
  CHECK(bench.store.all() == std::vector{other});
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data", "21"));
  CHECK(bench.store.view(other).view.strays.empty());
  CHECK(bench.store.view(kData).view.strays.empty());
  CHECK(bench.store.all() == std::vector{kData});
}

TEST_CASE("an object that appears, changes or goes tells the PVC whose name it takes") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.take();
  bench.store.apply_object(Family::Sources, object("media", "data-backup", ""));
  CHECK(bench.take() == kOnlyData);
  bench.store.remove_object(Family::Sources, "media", "data-backup");
  CHECK(bench.take() == kOnlyData);
  bench.store.apply_object(Family::Sources, object("media", "somebody-elses", ""));
  CHECK(bench.take().empty());
}

TEST_CASE("our objects under other names are strays of the PVC that they say they are for") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.apply_object(Family::Sources, object("media", "data", "holdfast", "data"));
  const StoredView stored = bench.store.view(kData);
  const View& view = stored.view;
  REQUIRE(view.strays.size() == 1);
  CHECK(view.strays[0].first == Part::Source);
  bench.store.remove_object(Family::Sources, "media", "data");
  CHECK(bench.store.view(kData).view.strays.empty());
}

TEST_CASE("objects of a PVC that is gone keep it on the list until they are gone too") {
  Bench bench;
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data"));
  CHECK(bench.store.all() == std::vector{kData});
  CHECK(bench.store.claims("").empty());
  bench.store.begin_objects_reset(Family::Sources);
  bench.store.end_objects_reset(Family::Sources);
  CHECK(bench.store.all().empty());
}

TEST_CASE("whom an object was made for is read from its owner, else its annotation, else its label") {
  core::Observed made = object("media", "x", "holdfast", "by-annotation");
  made.meta.owners = {{"Namespace", "media", "n"}, {"PersistentVolumeClaim", "by-owner", "u"}};
  made.meta.labels.emplace(volsync::key::kPvcLabel, "by-label");
  CHECK(made_for(made).name == "by-owner");
  made.meta.owners.clear();
  CHECK(made_for(made).name == "by-annotation");
  made.meta.annotations.clear();
  CHECK(made_for(made).name == "by-label");
  made.meta.labels.clear();
  CHECK(made_for(made).name.empty());
}

TEST_CASE("of foreign objects only their existence is kept") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "flux", "data"));
  const StoredView stored = bench.store.view(kData);
  const core::Observed& kept = *stored.view.objects.at(Part::Source);
  CHECK(kept.spec.empty());
  CHECK(kept.meta.annotations.empty());
  CHECK(bench.store.all() == std::vector{kData});
}

TEST_CASE("what no plan asks about is not kept") {
  const std::string long_text(4096, 'x');
  Bench bench;
  core::Claim sent = claim(kData);
  sent.pvc.annotations = {{"kubectl.kubernetes.io/last-applied-configuration", long_text}, {"note", "kept"}};
  bench.store.apply_claim(sent);
  CHECK(bench.store.claim(kData)->pvc.annotations == core::StringMap{{"note", "kept"}});

  const auto put = [&](Family family, core::Observed object) {
    object.spec = object.status.mover_logs = long_text;
    bench.store.apply_object(family, object);
  };
  put(Family::Sources, object("media", "data-backup"));
  put(Family::Destinations, object("media", "data-backup"));
  put(Family::Destinations, object("media", "data-restore", "flux"));
  const StoredView stored = bench.store.view(kData);
  const View& view = stored.view;
  const core::Observed& source = *view.objects.at(Part::Source);
  CHECK(source.spec == long_text);
  CHECK(source.status.mover_logs.empty());
  CHECK(view.objects.at(Part::Destination)->status.mover_logs == long_text);
  const core::Observed& foreign = *view.objects.at(Part::RestoreRun);
  CHECK(foreign.spec.empty());
  CHECK(foreign.status.mover_logs.empty());
}

TEST_CASE(
    "when the end of a restore was first seen is kept while VolSync tidies up, and is another one with the next end") {
  using Moment = std::chrono::steady_clock::time_point;
  Bench bench;
  bench.store.apply_claim(claim(kData));
  core::Observed run = object("media", "data-restore");
  int version = 10;
  const auto seen = [&] {
    run.meta.resource_version = std::to_string(++version);
    bench.store.apply_object(Family::Destinations, run);
    return bench.store.view(kData).view.objects.at(Part::RestoreRun)->end_seen;
  };
  const Moment before = std::chrono::steady_clock::now();
  const Moment none = seen();
  CHECK(none >= before);
  run.status.sync_started = core::parse_rfc3339("2026-03-01T12:00:00Z");
  CHECK(seen() == none);
  run.status.last_manual_sync = "token";
  const Moment first = seen();
  CHECK(first > none);
  run.status.synchronizing = true;
  run.meta.annotations["note"] = "other";
  CHECK(seen() == first);
  run.status.image = core::Image{"snapshot.storage.k8s.io", "VolumeSnapshot", "x"};
  const Moment second = seen();
  CHECK(second > first);
  run.status.mover_logs = "INFO: Snapshot restore completed successfully";
  CHECK(seen() > second);
  run.meta.uid = "another";
  const Moment last = seen();
  CHECK(last > second);
}

TEST_CASE("of a namespace's annotations only those are kept that a plan asks for") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  core::Meta media = ns("media");
  const auto privileged = [&](const std::string& value) {
    media.annotations = {{"other", value}, {std::string(volsync::key::kPrivilegedMovers), value}};
    bench.store.apply_namespace(media);
    return bench.store.view(kData).view.privileged_movers;
  };
  CHECK_FALSE(bench.store.view(kData).view.privileged_movers);
  CHECK(privileged("true"));
  bench.take();
  CHECK(privileged("true"));
  CHECK(bench.take().empty());
  CHECK_FALSE(privileged("false"));
  CHECK(bench.take() == kOnlyData);
  media.annotations[std::string(core::key::kAcceptOlderBackups)] = "2026-03-01T12:00:00Z: compared";
  bench.store.apply_namespace(media);
  CHECK(bench.take() == kOnlyData);
  CHECK(bench.store.view(kData).view.older_backups_accepted == core::parse_rfc3339("2026-03-01T12:00:00Z"));
}

TEST_CASE("a namespace's labels reach its claims, and a change of them tells those") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.apply_claim(claim({"other", "data"}));
  CHECK(bench.store.view(kData).view.namespace_labels == nullptr);
  bench.take();
  bench.store.apply_namespace(ns("media", "a"));
  CHECK(bench.take() == kOnlyData);
  CHECK(bench.store.view(kData).view.namespace_labels->at("team") == "a");
  bench.store.apply_namespace(ns("media", "a"));
  CHECK(bench.take().empty());
  bench.store.begin_namespaces_reset();
  bench.store.end_namespaces_reset();
  CHECK(bench.store.view(kData).view.namespace_labels == nullptr);
}

TEST_CASE("a kind that cannot be watched says so to every plan, and what was listed is not forgotten at once") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  CHECK(bench.store.view(kData).view.known.at(Part::Source) == Known::NotYet);
  bench.store.set_state(Family::Sources, {Is::Current, ""});
  CHECK(bench.store.view(kData).view.known.at(Part::Source) == Known::Current);
  bench.take();
  bench.store.set_state(Family::Sources, {Is::Failing, "no answer"});
  CHECK(bench.store.view(kData).view.known.at(Part::Source) == Known::Current);
  CHECK(bench.take().empty());
  bench.store.set_state(Family::Sources, {Is::Forbidden, "not allowed"});
  CHECK(bench.store.view(kData).view.known.at(Part::Source) == Known::Forbidden);
  CHECK(bench.store.view(kData).view.known.at(Part::Destination) == Known::NotYet);
  CHECK(bench.take() == kOnlyData);
}

TEST_CASE("a kind whose definition is removed has no objects any more") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.set_state(Family::Sources, {Is::Current, ""});
  bench.store.apply_object(Family::Sources, object("media", "data-backup", "holdfast", "data"));
  bench.store.set_state(Family::Sources, {Is::Absent, "not installed"});
  CHECK_FALSE(bench.store.view(kData).view.objects.contains(Part::Source));
  CHECK(bench.store.view(kData).view.known.at(Part::Source) == Known::Absent);
}

TEST_CASE("the answer to a write is known at once, unless the watch knows of later things") {
  const auto answer = object("media", "data-backup", "holdfast", "data", "20");
  Bench bench;
  Store& store = bench.store;
  const auto held = [&] { return store.view(kData).view.objects.count(Part::Source); };
  SECTION("nothing was told since") {
    store.answer_object(Family::Sources, answer, store.resets(Family::Sources));
    CHECK(held() == 1);
    CHECK(bench.take() == kOnlyData);
  }
  SECTION("it was told, and that it is gone") {
    store.apply_object(Family::Sources, answer);
    store.remove_object(Family::Sources, "media", "data-backup", "21");
    store.answer_object(Family::Sources, answer, store.resets(Family::Sources));
    CHECK(held() == 0);
  }
  SECTION("it is somebody else's by now") {
    auto other = object("media", "data-backup", "helm", "", "22");
    other.meta.uid = "another";
    store.apply_object(Family::Sources, other);
    store.answer_object(Family::Sources, answer, store.resets(Family::Sources));
    CHECK(store.view(kData).view.objects.at(Part::Source)->meta.uid == "another");
  }
  SECTION("a list came meanwhile, and does not have it") {
    const std::size_t before = store.resets(Family::Sources);
    store.begin_objects_reset(Family::Sources);
    store.end_objects_reset(Family::Sources);
    store.answer_object(Family::Sources, answer, before);
    CHECK(held() == 0);
  }
}

TEST_CASE("the answer to a deletion takes away what was deleted, and not its successor") {
  Bench bench;
  auto first = object("media", "data-backup", "holdfast", "data", "20");
  bench.store.apply_object(Family::Sources, first);
  bench.store.forget_object(Family::Sources, "media", "data-backup", "another");
  CHECK(bench.store.view(kData).view.objects.count(Part::Source) == 1);
  bench.store.forget_object(Family::Sources, "media", "data-backup", first.meta.uid);
  CHECK(bench.store.view(kData).view.objects.empty());
}

TEST_CASE("an edited annotation does not make an orphan of an object whose PVC lives") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  core::Observed source = object("media", "data-backup", "holdfast", "ghost");
  source.meta.owners = {{"PersistentVolumeClaim", "data", "u1"}};
  bench.store.apply_object(Family::Sources, source);
  CHECK(bench.take() == kOnlyData);
  CHECK(bench.store.view({"media", "ghost"}).view.strays.empty());
  CHECK(bench.store.view(kData).view.objects.contains(Part::Source));
}

TEST_CASE("a view knows whose backups the sources under its PVC's names make, and whether its namesakes exist") {
  Bench bench;
  const core::PvcName namesake{"media", "data-backup"};
  const core::Identity identity{"data-backup", "media", "/data"};
  bench.store.apply_claim(claim(kData));
  CHECK(bench.store.view(kData).view.ownership.whose(identity, kData) == core::Whose::Unsaid);
  CHECK_FALSE(bench.store.view(kData).view.ownership.is_known(namesake));
  core::Observed source = object("media", "data-backup", "holdfast", "data");
  source.spec = R"({"sourcePVC":"data","kopia":{"username":"data-backup","hostname":"media"}})";
  bench.store.apply_object(Family::Sources, source);
  bench.store.apply_claim(claim(namesake));
  CHECK(bench.store.view(kData).view.ownership.whose(identity, kData) == core::Whose::Unsaid);  // it is our own
  CHECK(bench.store.view(kData).view.ownership.is_known(namesake));
  CHECK(bench.store.view(namesake).view.ownership.whose(identity, namesake) == core::Whose::Anothers);
}

TEST_CASE("a PVC's view tells of a drill of another one, and of the volume that its own has left") {
  Bench bench;
  bench.store.apply_claim(claim(kData));
  bench.store.apply_object(Family::Destinations, object("media", "data-drill", "holdfast", "data"));
  CHECK_FALSE(bench.store.view(kData).view.other_drill);
  bench.store.apply_object(Family::Destinations, object("apps", "x-drill", "", "x"));
  bench.store.apply_object(Family::Destinations, object("apps", "x-backup", "holdfast", "x"));
  CHECK_FALSE(bench.store.view(kData).view.other_drill);
  bench.store.apply_object(Family::Destinations, object("apps", "y-drill", "holdfast", "y"));
  CHECK(bench.store.view(kData).view.other_drill);
  bench.store.remove_object(Family::Destinations, "apps", "y-drill");
  CHECK_FALSE(bench.store.view(kData).view.other_drill);
  CHECK_FALSE(bench.store.view(kData).view.drill_volume_left);
  bench.store.apply_claim(claim({"media", "volsync-data-drill-dest"}, "u7"));
  CHECK(bench.store.view(kData).view.drill_volume_left);
}
