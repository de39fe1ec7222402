#include "src/cli/doctor/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/cli/run.hpp"

namespace holdfast::cli::diagnosis {

std::string_view to_string(State state) {
  switch (state) {
    case State::Ok:
      return "ok";
    case State::Warn:
      return "warn";
    case State::Fail:
      return "fail";
    case State::Unknown:
      break;
  }
  return "unknown";
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{:<8}{}: {}{}{}\n", to_string(finding.state), finding.part, finding.what,
                        finding.advice.empty() ? "" : "; ", finding.advice);
  }
  return text;
}

Json::Value to_value(const std::vector<Finding>& findings) {
  Json::Value value;
  value["items"] = Json::arrayValue;
  for (const Finding& finding : findings) {
    Json::Value& item = value["items"].append(Json::objectValue);
    item["state"] = std::string(to_string(finding.state));
    item["part"] = finding.part;
    item["what"] = finding.what;
    if (!finding.advice.empty()) item["advice"] = finding.advice;
  }
  return value;
}

int exit_code(const std::vector<Finding>& findings) {
  const auto any = [&](State state) { return std::ranges::count(findings, state, &Finding::state) > 0; };
  if (any(State::Fail)) return kCheckFailed;
  return any(State::Unknown) ? kCannotTell : kOk;
}

}  // namespace holdfast::cli::diagnosis
