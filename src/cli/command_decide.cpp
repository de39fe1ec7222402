#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/clock.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/core/decide.hpp"
#include "holdfast/json/review.hpp"
#include "holdfast/json/tree.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/input/input.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

struct Decision {
  core::Pvc pvc;
  core::Intent intent;
  core::Verdict verdict;
};

std::vector<Decision> read_intents(const Input& input, const core::Policy& policy) {
  std::vector<Decision> decisions;
  decisions.reserve(input.claims.size());
  for (const core::Claim& claim : input.claims) {
    decisions.push_back({claim.pvc, core::read_intent(input.question(claim), policy, base::utc_now()), {}});
  }
  return decisions;
}

core::Evidence look_if_needed(const std::vector<Decision>& decisions, Look& look_at) {
  const auto needs_none = [](const Decision& d) {
    const auto* settled = std::get_if<core::Settled>(&d.intent);
    return settled != nullptr && settled->ignored.empty();
  };
  if (std::all_of(decisions.begin(), decisions.end(), needs_none)) return {};
  return look_at.at_backups();
}

Json::Value to_json(const Decision& decision) {
  const core::Verdict& verdict = decision.verdict;
  Json::Value out;
  out["namespace"] = decision.pvc.ns;
  out["pvc"] = decision.pvc.name;
  out["verdict"] = std::string(to_string(verdict.outcome));
  out["code"] = std::string(to_string(verdict.code));
  out["message"] = verdict.message;
  out["warnings"] = Json::arrayValue;
  for (const std::string& warning : verdict.warnings) out["warnings"].append(warning);
  out["snapshot"] = Json::nullValue;
  if (const auto* restore = std::get_if<core::Restore>(&verdict.outcome)) {
    out["snapshot"]["id"] = restore->snapshot.id;
    out["snapshot"]["startTime"] = restore->snapshot.start_time;
    out["snapshot"]["endTime"] = restore->snapshot.end_time;
    out["snapshot"]["size"] = static_cast<Json::Int64>(restore->snapshot.size_bytes);
  }
  const std::string patch = verdict.denies() ? "" : json::write_patch(decision.pvc, verdict);
  out["patch"] = patch.empty() ? Json::Value(Json::arrayValue) : json::read_tree(patch).value();
  out["evidenceAgeSeconds"] = Json::nullValue;
  if (verdict.evidence_at) {
    out["evidenceAgeSeconds"] = base::seconds(base::utc_now() - *verdict.evidence_at);
  }
  return out;
}

std::string to_text(const Decision& decision) {
  const core::Verdict& verdict = decision.verdict;
  const std::string name = decision.pvc.name.empty() ? decision.pvc.generate_name + "*" : decision.pvc.name;
  std::string text = fmt::format("{:<40} {:<8} {}\n    {}\n", decision.pvc.ns + "/" + name, to_string(verdict.outcome),
                                 to_string(verdict.code), verdict.message);
  for (const std::string& warning : verdict.warnings) text += "    warning: " + warning + "\n";
  return text;
}

int exit_code(const std::vector<Decision>& decisions) {
  int code = kOk;
  for (const Decision& decision : decisions) {
    if (std::holds_alternative<core::Refuse>(decision.verdict.outcome)) return kCheckFailed;
    if (std::holds_alternative<core::Wait>(decision.verdict.outcome)) code = kCannotTell;
  }
  return code;
}

void show(const std::vector<Decision>& decisions, Output output) {
  if (output == Output::Text) {
    std::string text;
    for (const Decision& decision : decisions) text += to_text(decision);
    return print(text);
  }
  Json::Value all(Json::arrayValue);
  for (const Decision& decision : decisions) all.append(to_json(decision));
  print(render(all, output));
}

}  // namespace

int decide(const Settings& settings, const InputRequest& request, Output output) {
  Look look_at(settings);
  const Input input = read_input(request, settings.policy);
  tell_warnings(input);
  std::vector<Decision> decisions = read_intents(input, settings.policy);
  if (decisions.empty()) look_at.log.warn("no PersistentVolumeClaim in the input", {{"file", request.files.front()}});

  const core::Evidence evidence = look_if_needed(decisions, look_at);
  for (Decision& decision : decisions) {
    decision.verdict =
        core::decide(decision.intent, evidence, input.facts_for(decision.intent), settings.policy, base::utc_now());
  }
  show(decisions, output);
  return exit_code(decisions);
}

}  // namespace holdfast::cli
