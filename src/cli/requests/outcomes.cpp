#include "src/cli/requests/outcomes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "holdfast/base/text.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/core/time.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenLooks{1};

int exit_code(const std::vector<Outcome>& outcomes) {
  const auto any = [&](std::string_view result) { return std::ranges::count(outcomes, result, &Outcome::result) > 0; };
  if (any("refused") || any("failed")) return kCheckFailed;
  return any("unknown") ? kCannotTell : kOk;
}

Json::Value to_value(const Outcome& outcome) {
  Json::Value item;
  item["namespace"] = outcome.pvc.ns;
  item["pvc"] = outcome.pvc.name;
  item["result"] = outcome.result;
  item["message"] = outcome.message;
  return item;
}

}  // namespace

Scope read_scope(const std::string& text) {
  if (text.empty()) return {};
  if (const auto name = core::parse_pvc_name(text)) return {name->ns, name->name};
  if (core::parse_pvc_name(text + "/x")) return {text, {}};
  throw SettingsError(fmt::format("{:?} is neither <namespace> nor <namespace>/<pvc>", text));
}

std::optional<Outcome> Awaited::look() {
  std::string now;
  try {
    auto found = look_();
    if (auto* ended = std::get_if<Outcome>(&found)) return std::move(*ended);
    now = std::get<std::string>(std::move(found));
  } catch (const std::runtime_error& e) {
    now = e.what();
  }
  if (now != last_) fmt::print(stderr, "# {}: {}\n", to_string(pvc_), now);
  last_ = std::move(now);
  return std::nullopt;
}

void await(std::vector<Awaited> awaited, Clock::time_point deadline, std::vector<Outcome>& outcomes) {
  while (!awaited.empty()) {
    std::erase_if(awaited, [&](Awaited& one) {
      auto ended = one.look();
      if (!ended && Clock::now() >= deadline) ended = one.late();
      if (!ended) return false;
      outcomes.push_back(*std::move(ended));
      return true;
    });
    if (!awaited.empty()) std::this_thread::sleep_for(kBetweenLooks);
  }
}

Clock::time_point deadline_in(const std::string& timeout) {
  const auto time = core::parse_duration(timeout);
  if (!time || *time <= Clock::duration::zero()) {
    throw SettingsError(fmt::format("--timeout: {:?} is not a duration such as 30m", timeout));
  }
  return Clock::now() + *time;
}

int report(std::vector<Outcome> outcomes, Output output, std::string_view nothing) {
  if (outcomes.empty()) {
    fmt::print(stderr, "holdfast: nothing to do: {}\n", nothing);
    return kCannotTell;
  }
  std::ranges::stable_sort(outcomes, {}, &Outcome::pvc);
  std::vector<std::vector<std::string>> rows;
  Json::Value value;
  for (const Outcome& outcome : outcomes) {
    rows.push_back({to_string(outcome.pvc), outcome.result, outcome.message});
    value["items"].append(to_value(outcome));
  }
  print(output == Output::Text ? fmt::format("{}\n", fmt::join(base::aligned(rows), "\n")) : render(value, output));
  return exit_code(outcomes);
}

}  // namespace holdfast::cli
