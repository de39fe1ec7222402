// What an action rests on, held against what the API server says now.
#include "holdfast/json/objects.hpp"
#include "src/generator/run/executor.hpp"

namespace holdfast::generator {
namespace {

constexpr std::string_view kNotFound = "NotFound";

const std::string& claim_uid(const Action& action) {
  static const std::string kAny;
  const auto read = [](const auto& one) -> const std::string& {
    if constexpr (requires { one.claim_uid; })
      return one.claim_uid;
    else
      return kAny;
  };
  return std::visit(read, action);
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

std::string objection(const Disown&, const core::Claim&) { return {}; }

/// Whether the PVC, and whether its namespace, is to be read again before the action.
bool rests_on_claim(const Action& action) {
  if (const auto* set = std::get_if<SetImage>(&action)) return set->image.has_value();
  if (const auto* apply = std::get_if<Apply>(&action)) return !apply->claim_uid.empty();
  return std::holds_alternative<Remove>(action);
}

bool rests_on_namespace(const Action& action) {
  const auto* remove = std::get_if<Remove>(&action);
  return remove != nullptr && remove->namespace_labels.has_value();
}

std::string problem_of_claim(const Action& action, const kube::Result& claim) {
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

std::string problem_of_namespace(const Action& action, const kube::Result& ns) {
  if (const auto* error = std::get_if<kube::ApiError>(&ns)) return "the namespace cannot be read: " + error->message;
  const auto read = json::read_meta(std::get<std::string>(ns));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return fault->problem;
  const bool same = std::get<core::Meta>(read).labels == std::get<Remove>(action).namespace_labels;
  return same ? "" : "the labels of the namespace have changed since";
}

std::string_view idle_job(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) return apply->idle_job;
  const auto* remove = std::get_if<Remove>(&action);
  return remove == nullptr ? std::string_view() : std::string_view(remove->idle_job);
}

std::optional<kube::ApiError> refusal(std::string reason) {
  if (reason.empty()) return std::nullopt;
  return kube::ApiError{409, "Conflict", std::move(reason), std::nullopt};
}

template <std::string (*problem)(const Action&, const kube::Result&)>
std::optional<kube::ApiError> objection_by(const Action& action, const kube::Result& answer) {
  return refusal(problem(action, answer));
}

/// Of VolSync's object, by the Job of its mover: where there is none, nothing works.
std::optional<kube::ApiError> objection_by_mover(const Action&, const kube::Result& job) {
  if (const auto* error = std::get_if<kube::ApiError>(&job)) {
    return error->not_found() ? std::nullopt : std::optional(*error);
  }
  const auto read = json::read_job(std::get<std::string>(job));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return refusal(fault->problem);
  return refusal(core::is_at_work(std::get<core::Job>(read)) ? "its mover is at work by now" : "");
}

}  // namespace

std::vector<LiveCheck> live_checks(const Action& action, const core::PvcName& pvc) {
  std::vector<LiveCheck> checks;
  if (rests_on_claim(action)) checks.push_back({{kube::kClaims, pvc.ns, pvc.name}, objection_by<problem_of_claim>});
  if (rests_on_namespace(action)) {
    checks.push_back({{kube::kNamespaces, "", pvc.ns}, objection_by<problem_of_namespace>});
  }
  const std::string_view job = idle_job(action);
  if (!job.empty()) checks.push_back({{kube::kJobs, pvc.ns, std::string(job)}, objection_by_mover});
  return checks;
}

}  // namespace holdfast::generator
