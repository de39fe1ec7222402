#include "holdfast/json/review.hpp"

#include <catch2/catch.hpp>

#include "jsoncpp.hpp"

using namespace holdfast;
using json::write_patch;

namespace {

core::Verdict restore(bool reference_present = false) {
  core::Restore restore;
  restore.source = {"data-backup", "apps", "/data"};
  restore.snapshot.id = "900182ba9fb00325aca1df83d396fb58";
  restore.snapshot.start_time = "2026-11-21T09:19:22.18Z";
  restore.destination = "data-backup";
  restore.reference_present = reference_present;
  core::Verdict verdict;
  verdict.outcome = restore;
  verdict.code = core::Code::BackupFound;
  return verdict;
}

core::Verdict fresh() {
  core::Verdict verdict;
  verdict.outcome = core::Fresh{};
  return verdict;
}

/// The document of which `pvc` is what we read.
Json::Value document_of(const core::Pvc& pvc) {
  Json::Value document;
  document["metadata"]["name"] = pvc.name;
  if (pvc.has_annotations) document["metadata"]["annotations"] = Json::objectValue;
  for (const auto& [key, value] : pvc.annotations) document["metadata"]["annotations"][key] = value;
  if (pvc.has_spec) document["spec"] = Json::objectValue;
  return document;
}

Json::Value patched(const core::Pvc& pvc, const core::Verdict& verdict) {
  const std::string patch = write_patch(pvc, verdict);
  return patch.empty() ? document_of(pvc) : test::apply_patch(document_of(pvc), test::parse(patch));
}

core::Pvc claim(core::StringMap annotations) {
  core::Pvc pvc;
  pvc.name = "data";
  pvc.has_annotations = true;
  pvc.annotations = std::move(annotations);
  return pvc;
}

const core::StringMap kPromise = {{"holdfast.dev/restored-snapshot", "900182ba9fb00325aca1df83d396fb58"},
                                  {"holdfast.dev/restored-as-of", "2026-11-21T09:19:22.18Z"},
                                  {"holdfast.dev/restored-source", "data-backup@apps:/data"}};

void check_promised(const Json::Value& document) {
  for (const auto& [key, value] : kPromise) CHECK(document["metadata"]["annotations"][key] == value);
}

}  // namespace

TEST_CASE("a restore refers to the destination and writes the promise, creating annotations where there are none") {
  core::Pvc pvc;
  pvc.name = "data";
  const auto document = patched(pvc, restore());
  check_promised(document);
  CHECK(test::print(document["spec"]["dataSourceRef"]) ==
        R"({"apiGroup":"volsync.backube","kind":"ReplicationDestination","name":"data-backup"})");
  CHECK(document["metadata"]["name"] == "data");
}

TEST_CASE("a restore makes the spec of an object that has none") {
  core::Pvc pvc = claim({});
  pvc.has_spec = false;
  CHECK(patched(pvc, restore())["spec"]["dataSourceRef"]["name"] == "data-backup");
}

TEST_CASE("annotations that are there survive a restore") {
  const auto document = patched(claim({{"a~/b", "keep"}}), restore());
  check_promised(document);
  CHECK(document["metadata"]["annotations"]["a~/b"] == "keep");
  CHECK(document["metadata"]["annotations"].size() == 4);
}

TEST_CASE("empty annotations are used as they are") {
  check_promised(patched(claim({}), restore()));
  CHECK(test::parse(write_patch(claim({}), restore())).size() == 4);
}

TEST_CASE("a client's own promise is overwritten") {
  auto annotations = kPromise;
  annotations["holdfast.dev/restored-snapshot"] = "forged";
  const auto pvc = claim(annotations);
  check_promised(patched(pvc, restore(true)));
  CHECK(test::parse(write_patch(pvc, restore(true))).size() == 1);
}

TEST_CASE("a reference that is there already is not written again") {
  const auto document = patched(claim({}), restore(true));
  check_promised(document);
  CHECK_FALSE(document["spec"].isMember("dataSourceRef"));
}

TEST_CASE("nothing to change is no patch at all") {
  CHECK(write_patch(claim(kPromise), restore(true)).empty());
  CHECK(write_patch(claim({{"other", "x"}}), fresh()).empty());
  CHECK(write_patch({}, fresh()).empty());
}

TEST_CASE("without a restore a client's own promise is removed, and nothing else") {
  auto annotations = kPromise;
  annotations["other"] = "x";
  for (const core::Outcome& outcome : {core::Outcome{core::Fresh{}}, core::Outcome{core::Pass{}}}) {
    core::Verdict verdict;
    verdict.outcome = outcome;
    const auto document = patched(claim(annotations), verdict);
    CHECK(test::print(document["metadata"]["annotations"]) == R"({"other":"x"})");
    CHECK(document["spec"].empty());
  }
}

TEST_CASE("the same question gives the same bytes") {
  CHECK(
      write_patch(claim({}), restore()) ==
      R"([{"op":"add","path":"/spec/dataSourceRef","value":{"apiGroup":"volsync.backube","kind":"ReplicationDestination","name":"data-backup"}},)"
      R"({"op":"add","path":"/metadata/annotations/holdfast.dev~1restored-snapshot","value":"900182ba9fb00325aca1df83d396fb58"},)"
      R"({"op":"add","path":"/metadata/annotations/holdfast.dev~1restored-as-of","value":"2026-11-21T09:19:22.18Z"},)"
      R"({"op":"add","path":"/metadata/annotations/holdfast.dev~1restored-source","value":"data-backup@apps:/data"}])");
}
