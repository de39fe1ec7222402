// Whatever a claim looks like, what a second library writes reads back; whatever the bytes, reading ends well.
#include <algorithm>

#include <json/json.h>
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "holdfast/json/documents.hpp"
#include "holdfast/json/listing.hpp"
#include "holdfast/json/review.hpp"

using namespace holdfast;

namespace {

/// Any text of Unicode characters: jsoncpp escapes what needs it.
rc::Gen<std::string> any_text() {
  const auto pieces =
      rc::gen::element<std::string>("a", "backup", "/", "~", ".", "\"", "\\", "\n", "\t", "\x01", "\x7F", "\xC3\xA4",
                                    "\xE2\x82\xAC", "\xF0\x9F\x98\x80", " ", "true", "0");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(pieces), [](const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& part : parts) out += part;
    return out;
  });
}

core::StringMap any_map() {
  const auto pairs =
      *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(rc::gen::pair(any_text(), any_text()));
  return {pairs.begin(), pairs.end()};
}

core::ObjectReference any_reference() { return {*any_text(), *any_text(), *any_text(), *any_text()}; }

core::Pvc any_claim() {
  core::Pvc pvc;
  pvc.ns = *any_text();
  pvc.name = *rc::gen::nonEmpty(any_text());
  pvc.generate_name = *any_text();
  pvc.labels = any_map();
  pvc.has_annotations = *rc::gen::arbitrary<bool>();
  if (pvc.has_annotations) pvc.annotations = any_map();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) pvc.owners.push_back({*any_text(), *rc::gen::arbitrary<bool>()});
  pvc.volume_mode = *any_text();
  pvc.volume_name = *any_text();
  if (*rc::gen::arbitrary<bool>()) pvc.storage_class = *any_text();
  pvc.has_selector = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) pvc.requested_bytes = *rc::gen::nonNegative<std::int64_t>();
  if (*rc::gen::arbitrary<bool>()) pvc.data_source = any_reference();
  if (*rc::gen::arbitrary<bool>()) pvc.data_source_ref = any_reference();
  return pvc;
}

Json::Value json_of(const core::StringMap& map) {
  Json::Value out = Json::objectValue;
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

Json::Value json_of(const core::ObjectReference& reference) {
  Json::Value out;
  out["apiGroup"] = reference.api_group;
  out["kind"] = reference.kind;
  out["name"] = reference.name;
  out["namespace"] = reference.ns;
  return out;
}

Json::Value json_of(const core::Pvc& pvc) {
  Json::Value out;
  out["apiVersion"] = "v1";
  out["kind"] = "PersistentVolumeClaim";
  auto& metadata = out["metadata"];
  metadata["namespace"] = pvc.ns;
  metadata["name"] = pvc.name;
  metadata["generateName"] = pvc.generate_name;
  metadata["labels"] = json_of(pvc.labels);
  if (pvc.has_annotations) metadata["annotations"] = json_of(pvc.annotations);
  for (const auto& owner : pvc.owners) {
    auto& element = metadata["ownerReferences"].append(Json::objectValue);
    element["kind"] = owner.kind;
    element["controller"] = owner.controller;
  }
  auto& spec = out["spec"];
  spec["volumeMode"] = pvc.volume_mode;
  spec["volumeName"] = pvc.volume_name;
  if (pvc.storage_class) spec["storageClassName"] = *pvc.storage_class;
  if (pvc.has_selector) spec["selector"] = Json::objectValue;
  if (pvc.requested_bytes) spec["resources"]["requests"]["storage"] = std::to_string(*pvc.requested_bytes);
  if (pvc.data_source) spec["dataSource"] = json_of(*pvc.data_source);
  if (pvc.data_source_ref) spec["dataSourceRef"] = json_of(*pvc.data_source_ref);
  return out;
}

std::string print(const Json::Value& value) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = *rc::gen::element<std::string>("", " ");
  return Json::writeString(builder, value);
}

void check_same(const core::Pvc& read, const core::Pvc& written) {
  RC_ASSERT(read.full_name() == written.full_name());
  RC_ASSERT(read.generate_name == written.generate_name);
  RC_ASSERT(read.labels == written.labels);
  RC_ASSERT(read.has_annotations == written.has_annotations);
  RC_ASSERT(read.annotations == written.annotations);
  const auto same_owner = [](const auto& a, const auto& b) { return a.kind == b.kind && a.controller == b.controller; };
  RC_ASSERT(std::ranges::equal(read.owners, written.owners, same_owner));
  RC_ASSERT(read.volume_mode == written.volume_mode);
  RC_ASSERT(read.volume_name == written.volume_name);
  RC_ASSERT(read.storage_class == written.storage_class);
  RC_ASSERT(read.has_selector == written.has_selector);
  RC_ASSERT(read.requested_bytes == written.requested_bytes);
  RC_ASSERT(read.data_source == written.data_source);
  RC_ASSERT(read.data_source_ref == written.data_source_ref);
}

Json::Value review_of(const core::Pvc& pvc) {
  Json::Value out;
  out["apiVersion"] = "admission.k8s.io/v1";
  out["kind"] = "AdmissionReview";
  auto& request = out["request"];
  request["uid"] = "u-1";
  request["operation"] = "CREATE";
  request["resource"]["group"] = "";
  request["resource"]["version"] = "v1";
  request["resource"]["resource"] = "persistentvolumeclaims";
  request["object"] = json_of(pvc);
  return out;
}

/// A few bytes changed, cut out or doubled.
std::string mutated(std::string text) {
  for (int i = *rc::gen::inRange(1, 6); i > 0 && !text.empty(); --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto length = *rc::gen::inRange<std::size_t>(1, 20);
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, length);
        break;
      default:
        text.insert(at, text.substr(at, length));
        break;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("any claim that a review carries reads back the same", "[json]") {
  CHECK(rc::check([] {
    const core::Pvc pvc = any_claim();
    const auto result = json::read_review(print(review_of(pvc)));
    RC_ASSERT(std::holds_alternative<json::Review>(result));
    const auto& review = std::get<json::Review>(result);
    RC_ASSERT(review.uid == "u-1");
    RC_ASSERT(review.creates_pvc());
    check_same(*review.pvc, pvc);
  }));
}

TEST_CASE("any claim in a file reads back the same", "[json]") {
  CHECK(rc::check([] {
    const core::Pvc pvc = any_claim();
    const auto result = json::read_documents(print(json_of(pvc)));
    RC_ASSERT(std::holds_alternative<std::vector<json::Document>>(result));
    const auto& documents = std::get<std::vector<json::Document>>(result);
    RC_ASSERT(documents.size() == 1u);
    check_same(std::get<core::Claim>(documents[0].object).pvc, pvc);
  }));
}

TEST_CASE("a damaged review is read or refused with a reason, and never more than that", "[json]") {
  CHECK(rc::check([] {
    const auto result = json::read_review(mutated(print(review_of(any_claim()))));
    const auto* fault = std::get_if<json::ReviewFault>(&result);
    if (fault) RC_ASSERT(!fault->problem.empty() && fault->problem.size() < 1000);
  }));
}

TEST_CASE("a damaged file is read or refused with its line", "[json]") {
  CHECK(rc::check([] {
    const std::string yaml =
        "x: &a {k: v, l: [1, ~]}\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n  labels:\n"
        "    <<: *a\n    backup: \"hourly\"\nspec: {resources: {requests: {storage: 1Gi}}}\n---\nkind: List\nitems: "
        "[]\n";
    const auto text = *rc::gen::arbitrary<bool>() ? yaml : print(json_of(any_claim()));
    const auto result = json::read_documents(mutated(text));
    const auto* fault = std::get_if<json::DocumentFault>(&result);
    if (fault) RC_ASSERT(fault->problem.starts_with("line "));
  }));
}

TEST_CASE("a damaged listing adds nothing that was not there", "[json]") {
  CHECK(rc::check([] {
    const std::string whole =
        R"([{"id":"a","source":{"host":"h","userName":"u","path":"/p"},"startTime":"2026-11-21T09:19:21Z",)"
        R"("endTime":"2026-11-21T09:19:22Z","rootEntry":{"uid":1,"summ":{"size":8,"files":2,"numFailed":0}}}])";
    const std::string text = mutated(whole);
    std::size_t at = 0;
    const json::ByteSource source = [&](char* buffer, std::size_t size) {
      const std::size_t given = text.copy(buffer, std::min<std::size_t>(size, 16), at);
      at += given;
      return given;
    };
    core::Catalog::Builder builder;
    const auto problem = json::read_listing(source, builder);
    if (problem)
      RC_ASSERT(!problem->empty());
    else
      RC_ASSERT(at == text.size());
  }));
}
