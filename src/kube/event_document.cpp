#include "src/kube/event_document.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <iterator>

#include "holdfast/core/policy.hpp"
#include "holdfast/json/tree.hpp"
#include "src/kube/http.hpp"

namespace holdfast::kube {

namespace {

constexpr std::size_t kMostMessageBytes = 1024;
constexpr std::size_t kMostNameBytes = 253;
constexpr std::size_t kHashBytes = 8;
constexpr const char* kComponent = "holdfast";

std::string hash_of(const Event& event) {
  const std::string text = event.regarding.uid + '\n' + event.reason + '\n' + event.message;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (std::size_t i = 0; i < kHashBytes; ++i) fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
  return hex;
}

Json::Value reference_to(const Regarding& object) {
  Json::Value reference;
  reference["apiVersion"] = object.resource.api_version();
  reference["kind"] = std::string(object.resource.kind);
  if (!object.ns.empty()) reference["namespace"] = object.ns;
  reference["name"] = object.name;
  if (!object.uid.empty()) reference["uid"] = object.uid;
  return reference;
}

}  // namespace

Target event_target(const Event& event) {
  // Events of what belongs to no namespace are kept in `default`: the API server wants it so.
  return {kEvents, event.regarding.ns.empty() ? "default" : event.regarding.ns,
          core::shortened(event.regarding.name + "." + hash_of(event), kMostNameBytes)};
}

std::string event_document(const Event& event, const std::string& instance, core::Time now) {
  const Target target = event_target(event);
  Json::Value document;
  document["apiVersion"] = kEvents.api_version();
  document["kind"] = std::string(kEvents.kind);
  document["metadata"]["name"] = target.name;
  document["metadata"]["namespace"] = target.ns;
  document["type"] = event.warning ? "Warning" : "Normal";
  document["reason"] = event.reason;
  document["message"] = cut(event.message, kMostMessageBytes);
  document["involvedObject"] = reference_to(event.regarding);
  document["source"]["component"] = kComponent;
  document["reportingComponent"] = kComponent;
  document["reportingInstance"] = instance;
  document["firstTimestamp"] = document["lastTimestamp"] = core::format_seconds(now);
  document["count"] = 1;
  return json::write_tree(document);
}

std::optional<EventCount> read_event_count(std::string_view text) {
  const auto document = json::read_tree(text);
  if (!document || !document->isObject()) return std::nullopt;
  const auto last = core::parse_rfc3339(json::text_at(*document, {"lastTimestamp"}));
  const Json::Value& count = (*document)["count"];
  if (!last || !count.isInt64()) return std::nullopt;
  return EventCount{count.asInt64(), *last};
}

std::string event_count_patch(const EventCount& before, core::Time now) {
  Json::Value patch;
  patch["count"] = Json::Int64(before.count + 1);
  patch["lastTimestamp"] = core::format_seconds(now);
  return json::write_tree(patch);
}

}  // namespace holdfast::kube
