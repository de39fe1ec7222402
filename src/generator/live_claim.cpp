#include "src/generator/live_claim.hpp"

#include "holdfast/json/objects.hpp"

namespace holdfast::generator {
namespace {

constexpr std::string_view kNotFound = "NotFound";

const std::string& claim_uid(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) return apply->claim_uid;
  if (const auto* remove = std::get_if<Remove>(&action)) return remove->claim_uid;
  return std::get<SetImage>(action).claim_uid;
}

/// Of the PVC of that uid, which is there.
std::string objection(const SetImage&, const core::Claim& claim) {
  if (claim.deleting) return "the PVC is being deleted";
  return claim.phase == core::Claim::Phase::Pending ? "" : "the PVC is bound already";
}

std::string objection(const Remove& remove, const core::Claim& claim) {
  const bool same = remove.claim_version.empty() || remove.claim_version == claim.resource_version;
  return same ? "" : "the PVC has changed since";
}

std::string objection(const Apply&, const core::Claim& claim) {
  return claim.deleting ? "the PVC is being deleted" : "";
}

}  // namespace

bool rests_on_claim(const Action& action) {
  if (const auto* set = std::get_if<SetImage>(&action)) return set->image.has_value();
  if (const auto* apply = std::get_if<Apply>(&action)) return !apply->claim_uid.empty();
  return true;
}

bool rests_on_namespace(const Action& action) {
  const auto* remove = std::get_if<Remove>(&action);
  return remove != nullptr && remove->namespace_labels.has_value();
}

std::string objection_by_claim(const Action& action, const kube::Result& claim) {
  const std::string& uid = claim_uid(action);
  if (const auto* error = std::get_if<kube::ApiError>(&claim)) {
    // Something between us and the API server may answer 404 too, and would give another reason.
    const bool gone = error->not_found() && error->reason == kNotFound;
    const bool is_so = gone && uid.empty() && std::holds_alternative<Remove>(action);
    return is_so ? "" : "the PVC cannot be read: " + error->message;
  }
  const auto read = json::read_claim(std::get<std::string>(claim));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return fault->problem;
  const auto& found = std::get<core::Claim>(read);
  if (uid.empty()) return "the PVC is there, and no watch has shown it";
  if (found.uid != uid) return "the PVC is another one by now";
  return std::visit([&](const auto& one) { return objection(one, found); }, action);
}

std::string objection_by_namespace(const Action& action, const kube::Result& ns) {
  if (const auto* error = std::get_if<kube::ApiError>(&ns)) return "the namespace cannot be read: " + error->message;
  const auto read = json::read_meta(std::get<std::string>(ns));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return fault->problem;
  const bool same = std::get<core::Meta>(read).labels == std::get<Remove>(action).namespace_labels;
  return same ? "" : "the labels of the namespace have changed since";
}

}  // namespace holdfast::generator
