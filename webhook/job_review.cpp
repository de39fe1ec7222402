#include "webhook/job_review.hpp"

#include <exception>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/base/clock.hpp"
#include "holdfast/json/tree.hpp"
#include "webhook/answer.hpp"
#include "webhook/mover_patch.hpp"

namespace holdfast::webhook {
namespace {

using core::Code;

constexpr std::string_view kWebhook = "job";

core::Verdict pass(Code code, std::string message) {
  core::Verdict verdict;
  verdict.outcome = core::Pass{};
  verdict.code = code;
  verdict.message = std::move(message);
  return verdict;
}

/// `body` was read before: it is JSON, without a key that stands twice, and not too deep for a tree.
Json::Value tree_of(const std::string& body) {
  auto tree = json::read_tree(body);
  if (!tree) throw MalformedJob("not JSON");
  return *std::move(tree);
}

bool writes_job(const json::Review& review) {
  const bool writes = review.operation == json::Operation::Create || review.operation == json::Operation::Update;
  return writes && review.group == "batch" && review.resource == "jobs" && review.subresource.empty();
}

}  // namespace

net::Response JobReview::answer(const net::Request& request) {
  const core::Verdict verdict = judge(request);
  net::Response response = job_answer(review_.uid, verdict, patch_, options_.policy);
  record(verdict, request);
  return response;
}

core::Verdict JobReview::judge(const net::Request& request) {
  try {
    if (!request.overloaded) return read_and_judge(request.body);
    const auto read = json::read_review(request.body);
    if (const auto* review = std::get_if<json::Review>(&read)) review_ = *review;
    return overloaded_verdict();
  } catch (const MalformedJob& e) {
    return malformed_verdict(e.what());
  } catch (const std::exception& e) {
    log_.error("internal error", {{"uid", review_.uid}, {"webhook", kWebhook}, {"error", e.what()}});
    return internal_error_verdict();
  }
}

core::Verdict JobReview::read_and_judge(const std::string& body) {
  auto read = json::read_review(body);
  if (const auto* fault = std::get_if<json::ReviewFault>(&read)) {
    review_.uid = fault->uid;
    return malformed_verdict(fault->problem);
  }
  review_ = std::get<json::Review>(std::move(read));
  if (!writes_job(review_)) return pass(Code::NotMoverJob, "no Job is created or changed");
  if (!options_.injection) return pass(Code::InjectionOff, "generator.repository.inject is not set");
  return inject(body);
}

core::Verdict JobReview::inject(const std::string& body) {
  const Json::Value review = tree_of(body);
  const Json::Value& request = review["request"];
  const Json::Value& job = request["object"];
  if (!job.isObject()) throw MalformedJob("request.object: expected an object");
  if (!is_mover_job(job)) return pass(Code::NotMoverJob, "VolSync did not make this Job");
  const bool update = review_.operation == json::Operation::Update;
  patch_ = mover_patch(job, update ? request["oldObject"] : Json::Value(), *options_.injection);
  return pass(Code::RepositoryInjected, patch_.empty() ? "the repository is there" : "the repository was added");
}

void JobReview::record(const core::Verdict& verdict, const net::Request& request) const {
  const auto duration = std::chrono::steady_clock::now() - request.arrived;
  metrics_.admission(kWebhook, to_string(verdict.outcome), to_string(verdict.code), duration);
  if (!log_.enabled(ops::Level::Info)) return;
  std::vector<ops::Field> fields = {{"namespace", review_.ns},
                                    {"job", review_.name},
                                    {"uid", review_.uid},
                                    {"webhook", kWebhook},
                                    {"verdict", to_string(verdict.outcome)},
                                    {"code", to_string(verdict.code)},
                                    {"durationSeconds", base::seconds(duration)}};
  if (review_.dry_run) fields.emplace_back("dryRun", true);
  fields.emplace_back("message", verdict.message);
  log_.log(ops::Level::Info, "decision", fields);
}

}  // namespace holdfast::webhook
