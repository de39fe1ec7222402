// What an object was is written on it before it is taken over, and given back.
#include "holdfast/volsync/adoption.hpp"

#include <catch2/catch.hpp>

#include "tests/fakes/merge_patch.hpp"
#include "tests/unit/json/jsoncpp.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using Catch::Contains;
using holdfast::fakes::merge_patch;
using holdfast::test::parse;

namespace {

constexpr const char* kTheirs = R"({
  "apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
  "metadata": {"namespace": "media", "name": "data-backup", "uid": "u-1", "resourceVersion": "7",
               "labels": {"app.kubernetes.io/managed-by": "kyverno", "generate.kyverno.io/policy-name": "volsync"},
               "annotations": {"team": "films"},
               "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "u-9",
                                    "controller": true}]},
  "spec": {"sourcePVC": "data", "trigger": {"schedule": "0 * * * *"},
           "kopia": {"repository": "shared", "retain": {"hourly": 24}, "moverVolumes": [{"mountPath": "a"}]}}
})";

Json::Value patch_in(const std::variant<Json::Value, std::string>& found) {
  INFO((std::holds_alternative<std::string>(found) ? std::get<std::string>(found) : ""));
  REQUIRE(std::holds_alternative<Json::Value>(found));
  return std::get<Json::Value>(found);
}

Json::Value recorded() {
  Json::Value object = parse(kTheirs);
  merge_patch(object, patch_in(record_patch(object)));
  return object;
}

/// As holdfast and others leave it.
Json::Value taken_over() {
  Json::Value object = recorded();
  merge_patch(object, parse(R"({"metadata": {"resourceVersion": "9",
    "labels": {"app.kubernetes.io/managed-by": "holdfast", "volsync.backup/pvc": "data", "added": "since",
               "generate.kyverno.io/policy-name": null},
    "annotations": {"holdfast.dev/pvc": "data", "holdfast.dev/applied": "0123"},
    "ownerReferences": [{"kind": "ConfigMap", "uid": "u-9"}, {"kind": "PersistentVolumeClaim", "uid": "u-2"}]},
    "spec": {"paused": true, "trigger": {"schedule": "34 * * * *"},
             "kopia": {"repository": "volsync-data", "retain": {"hourly": 1, "daily": 2}, "compression": "zstd",
                       "moverVolumes": [{"mountPath": "b"}]}}})"));
  return object;
}

core::Observed source(const char* schedule, const char* manager, const char* kept = "") {
  core::Observed object;
  object.spec = std::string(R"({"trigger":{"schedule":")") + schedule + R"("}})";
  object.meta.labels["app.kubernetes.io/managed-by"] = manager;
  object.meta.annotations[std::string(volsync::key::kScheduleKept)] = kept;
  return object;
}

}  // namespace

TEST_CASE("what was taken over becomes what it was, and what others have added stays") {
  Json::Value object = taken_over();
  const Json::Value patch = patch_in(give_back_patch(object));
  CHECK(patch["metadata"]["uid"] == "u-1");
  CHECK(patch["metadata"]["resourceVersion"] == "9");
  merge_patch(object, patch);
  Json::Value before = parse(kTheirs);
  before["metadata"]["resourceVersion"] = "9";
  before["metadata"]["labels"]["added"] = "since";
  CHECK(object == before);
}

TEST_CASE("what is written down is of the version that was read, and is not written twice") {
  const Json::Value patch = patch_in(record_patch(parse(kTheirs)));
  CHECK(patch["metadata"]["uid"] == "u-1");
  CHECK(patch["metadata"]["resourceVersion"] == "7");
  CHECK(patch.getMemberNames() == std::vector<std::string>{"metadata"});
  CHECK(patch_in(record_patch(recorded())).isNull());
  Json::Value changed = recorded();
  changed["spec"]["trigger"]["schedule"] = "5 * * * *";
  CHECK_FALSE(patch_in(record_patch(changed)).isNull());
}

TEST_CASE("what had no labels and no owners has none again") {
  Json::Value object = parse(R"({"metadata": {"uid": "u-1", "resourceVersion": "7"}, "spec": {}})");
  merge_patch(object, patch_in(record_patch(object)));
  merge_patch(object, parse(R"({"metadata": {"labels": {"app.kubernetes.io/managed-by": "holdfast"},
                                       "ownerReferences": [{"uid": "u-2"}]}, "spec": {"a": {"b": 1}}})"));
  merge_patch(object, patch_in(give_back_patch(object)));
  CHECK(object["metadata"]["labels"].empty());
  CHECK_FALSE(object["metadata"].isMember("ownerReferences"));
  CHECK(object["spec"].empty());
}

TEST_CASE("what cannot be written down whole is not") {
  Json::Value object = parse(kTheirs);
  object["spec"]["kopia"]["policy"] = std::string(kMaxRecordBytes, 'x');
  const auto found = record_patch(object);
  REQUIRE(std::holds_alternative<std::string>(found));
  CHECK_THAT(std::get<std::string>(found), Contains("65536"));
}

TEST_CASE("a record that somebody has edited so that it says nothing is not followed") {
  const auto* text = GENERATE("", "nonsense", "[]", "{}", R"({"spec": 1})", R"({"spec": {}, "labels": {"a": 1}})",
                              R"({"spec": {}, "labels": []})", R"({"spec": {}, "ownerReferences": {}})");
  Json::Value object = taken_over();
  object["metadata"]["annotations"]["holdfast.dev/adopted-from"] = text;
  INFO(text);
  CHECK(std::holds_alternative<std::string>(give_back_patch(object)));
}

TEST_CASE("a schedule is kept as long as it is the tier's that it was kept for") {
  using core::Tier;
  CHECK(kept_schedule(source("0 * * * *", "kyverno"), Tier::Hourly) == "0 * * * *");
  CHECK(kept_schedule(source("0 * * * *", "kyverno"), Tier::Daily) == "0 * * * *");
  CHECK(kept_schedule(source("whenever", "kyverno"), Tier::Hourly).empty());
  CHECK(kept_schedule(source("34 * * * *", "holdfast"), Tier::Hourly).empty());
  CHECK(kept_schedule(source("34 * * * *", "holdfast", "hourly: 0 * * * *"), Tier::Hourly) == "0 * * * *");
  CHECK(kept_schedule(source("34 * * * *", "holdfast", "hourly: 0 * * * *"), Tier::Daily).empty());
  CHECK(kept_schedule(source("34 * * * *", "holdfast", "hourly: never"), Tier::Hourly).empty());
}

TEST_CASE("a namespace accepts older backups of PVCs of before a time, with a reason") {
  CHECK(accepted_until("2026-03-01T12:00:00Z: compared") == core::parse_rfc3339("2026-03-01T12:00:00Z"));
  for (const char* none : {"", "compared", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z: ", "2026-03-01T12:00:00Z:x",
                           "yesterday: compared"}) {
    INFO(none);
    CHECK_FALSE(accepted_until(none));
  }
}

TEST_CASE("what was ours already is written down as it was before that, whoever has put his label back since") {
  Json::Value object = taken_over();
  object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "kyverno";
  CHECK(patch_in(record_patch(object)).isNull());
  object["metadata"]["annotations"]["holdfast.dev/adopted-from"] = "nonsense";
  CHECK_FALSE(patch_in(record_patch(object)).isNull());
}

TEST_CASE("an owner that has gone meanwhile is not given back: the object would go with it") {
  Json::Value object = taken_over();
  object["metadata"]["ownerReferences"] = parse(R"([{"kind": "PersistentVolumeClaim", "uid": "u-2"}])");
  CHECK(patch_in(give_back_patch(object))["metadata"]["ownerReferences"].isNull());
}
