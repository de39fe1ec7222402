#include "src/core/denials.hpp"

#include <fmt/format.h>

#include <string>

namespace holdfast::core {

Verdict Denials::refuse(Code code, std::string_view problem, std::string_view remedy, const Words& discreet) const {
  Verdict verdict = denied(code, {problem, remedy}, discreet);
  verdict.outcome = Refuse{};
  return verdict;
}

Verdict Denials::wait(Code code, std::string_view problem, std::string_view discreet) const {
  const std::string remedy = fmt::format("it is tried again by itself every {} s", policy_.retry_after.count());
  return denied(code, {problem, remedy}, {discreet, remedy});
}

Verdict Denials::cluster_unavailable(const NoAnswer& silent) const {
  return wait(Code::ClusterUnavailable, fmt::format("the API server gave no answer: {}", silent.reason));
}

Verdict Denials::denied(Code code, const Words& words, const Words& discreet) const {
  const Time at = evidence_.checked_at != Time{} ? evidence_.checked_at : now_;
  const auto sentence = [&](const Words& said, const std::string& place) {
    return denial_message(code, fmt::format("{}: {}", to_string(wanted_.pvc), said.problem),
                          place.empty() ? "the backup index" : place, at, said.remedy);
  };
  Verdict verdict;
  verdict.code = code;
  verdict.message = sentence(words, evidence_.place);
  verdict.discreet = sentence(discreet.problem.empty() ? words : discreet, evidence_.kind);
  verdict.warnings = wanted_.warnings;
  if (current_ != nullptr) verdict.evidence_at = evidence_.checked_at;
  return verdict;
}

}  // namespace holdfast::core
