#include "webhook/answer.hpp"

#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/json/review.hpp"

namespace holdfast::webhook {
namespace {

using core::Code;

int status_code(const core::Verdict& verdict) {
  if (verdict.code == Code::MalformedReview) return 400;
  return std::holds_alternative<core::Wait>(verdict.outcome) ? 503 : 403;
}

/// Outside our business even what a client wrote into our annotations is none of it; and audit changes nothing.
bool may_patch(const core::Verdict& verdict, core::Mode mode) {
  return mode != core::Mode::Audit && verdict.code != Code::NotCreate && verdict.code != Code::NamespaceExcluded;
}

void deny(json::Answer& out, const core::Verdict& verdict, const core::Policy& policy) {
  out.code = status_code(verdict);
  out.reason = to_string(verdict.code);
  out.message = verdict.message;
  if (std::holds_alternative<core::Wait>(verdict.outcome)) {
    out.retry_after_seconds = static_cast<int>(policy.retry_after.count());
  }
}

/// What is no review is denied in every mode: there is nothing to admit.
core::Verdict told_in_mode(core::Verdict verdict, const core::Policy& policy) {
  if (!policy.reveal && !verdict.discreet.empty()) verdict.message = std::move(verdict.discreet);
  return verdict.code == Code::MalformedReview ? verdict : core::in_mode(std::move(verdict), policy.mode);
}

/// Everything but the patch.
json::Answer without_patch(const std::string& uid, const core::Verdict& verdict, const core::Verdict& told,
                           const core::Policy& policy) {
  json::Answer out;
  out.uid = uid;
  out.allowed = !told.denies();
  out.warnings = told.warnings;
  out.audit_annotations = {{"verdict", std::string(to_string(verdict.outcome))},
                           {"code", std::string(to_string(verdict.code))}};
  if (const auto* restore = std::get_if<core::Restore>(&verdict.outcome)) {
    out.audit_annotations.emplace_back("snapshot", restore->snapshot.id);
  }
  if (!out.allowed) deny(out, told, policy);
  return out;
}

net::Response respond_with(const json::Answer& answer, const core::Verdict& told) {
  // The next try may then reach a replica that can read the index.
  const bool close = !answer.allowed && told.code == Code::IndexUnavailable;
  return {.status = 200, .content_type = "application/json", .body = json::write_answer(answer), .close = close};
}

}  // namespace

net::Response answer(const std::string& uid, const core::Verdict& verdict, const core::Pvc* pvc,
                     const core::Policy& policy) {
  const core::Verdict told = told_in_mode(verdict, policy);
  json::Answer out = without_patch(uid, verdict, told, policy);
  if (out.allowed && pvc != nullptr && may_patch(verdict, policy.mode)) out.patch = json::write_patch(*pvc, told);
  return respond_with(out, told);
}

net::Response job_answer(const std::string& uid, const core::Verdict& verdict, std::string patch,
                         const core::Policy& policy) {
  const core::Verdict told = told_in_mode(verdict, policy);
  json::Answer out = without_patch(uid, verdict, told, policy);
  if (out.allowed && may_patch(verdict, policy.mode)) out.patch = std::move(patch);
  return respond_with(out, told);
}

core::Verdict malformed_verdict(std::string_view problem) {
  core::Verdict verdict;
  verdict.outcome = core::Refuse{};
  verdict.code = Code::MalformedReview;
  verdict.message = core::denial_message(verdict.code, problem, "the review", base::utc_now(),
                                         "only AdmissionReview admission.k8s.io/v1 is understood");
  return verdict;
}

core::Verdict overloaded_verdict() {
  return core::wait_verdict(Code::Overloaded, "too many requests are under way", "this replica", base::utc_now());
}

core::Verdict internal_error_verdict() {
  return core::wait_verdict(Code::InternalError, "an error inside holdfast, see its log", "the review",
                            base::utc_now());
}

}  // namespace holdfast::webhook
