#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

const RunWish kWish{{"data-backup", "media", "/data"}, "2026-11-21T08:46:10.5Z", "token"};

std::vector<Object> all_objects(const Subject& subject) {
  return {secret_object(subject), destination_object(subject, {}), run_object(subject, kWish),
          source_object(subject), offsite_secret_object(subject),  offsite_source_object(subject)};
}

}  // namespace

TEST_CASE("every object says whose it is, for people, selectors and the garbage collector") {
  const Scene scene;
  const Names expected = names(scene.policy.naming, "data");
  for (const Object& object : all_objects(scene.subject())) {
    INFO(to_string(object.part));
    CHECK(object.ns == "media");
    CHECK(object.name == expected.of(object.part));
    CHECK(object.body["apiVersion"] == resource(object.part).api_version());
    CHECK(object.body["kind"].asString() == resource(object.part).kind);
    Json::Value metadata = object.body["metadata"];
    CHECK(metadata["annotations"].isMember(std::string(key::kApplied)));
    metadata["annotations"].removeMember(std::string(key::kApplied));
    CHECK(metadata == parse(R"({"name": ")" + object.name + R"(", "namespace": "media",
      "labels": {"app.kubernetes.io/managed-by": "holdfast", "volsync.backup/pvc": "data"},
      "annotations": {"holdfast.dev/pvc": "data"},
      "ownerReferences": [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "data",
                           "uid": "11111111-2222-3333-4444-555555555555"}]})"));
  }
}

TEST_CASE("a PVC from a file owns nothing yet") {
  Scene scene;
  scene.claim.uid.clear();
  for (const Object& object : all_objects(scene.subject()))
    CHECK_FALSE(object.body["metadata"].isMember("ownerReferences"));
}

TEST_CASE("a long PVC name is cut in the label and whole in the annotation") {
  Scene scene;
  scene.claim.pvc.name = std::string(120, 'a');
  const Object destination = destination_object(scene.subject(), {});
  CHECK(destination.body["metadata"]["labels"]["volsync.backup/pvc"] == pvc_label(scene.claim.pvc.name));
  CHECK(destination.body["metadata"]["annotations"]["holdfast.dev/pvc"] == scene.claim.pvc.name);
}

TEST_CASE("the applied hash changes with anything that is applied and with nothing else") {
  const auto hash = [](const Object& object) {
    return object.body["metadata"]["annotations"]["holdfast.dev/applied"].asString();
  };
  Scene scene;
  const std::string before = hash(source_object(scene.subject()));
  CHECK(before.size() == 16);
  CHECK(before.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(hash(source_object(scene.subject())) == before);
  scene.tier = core::Tier::Daily;
  CHECK(hash(source_object(scene.subject())) != before);
  scene.tier = core::Tier::Hourly;
  scene.claim.uid = "another";
  CHECK(hash(source_object(scene.subject())) != before);
  CHECK(hash(destination_object(scene.subject(), {})) != hash(destination_object(scene.subject(), {"u/s", "log"})));
}

TEST_CASE("JSON is sorted, compact and the same every time") {
  Object object;
  object.body = parse(R"({"b": [1, true, "é…💾"], "a": {"z": 1, "y": "\"\\\n"}})");
  CHECK(to_json(object) == R"({"a":{"y":"\"\\\n","z":1},"b":[1,true,"é…💾"]})");
  const Scene scene;
  for (const Object& each : all_objects(scene.subject())) {
    CHECK(parse(to_json(each)) == each.body);
    CHECK(to_json(each).find('\n') == std::string::npos);
  }
  CHECK(to_json(source_object(scene.subject())) == to_json(source_object(Scene().subject())));
}
