// What `doctor` found: a line for each part.
// Values; one thread.
#pragma once

#include <fmt/format.h>
#include <json/value.h>

#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli::diagnosis {

enum class State {
  Ok,
  Warn,    ///< it works, and somebody should know
  Fail,    ///< a person must act
  Unknown  ///< it could not be looked at
};
/// "ok", "warn", "fail" or "unknown".
std::string_view to_string(State state);

struct Finding {
  State state = State::Unknown;
  std::string part;    ///< "index", "permissions"
  std::string what;    ///< what is
  std::string advice;  ///< what to do; empty: nothing
};

/// The findings of one part, in the order they are made.
class Part {
 public:
  Part(std::string name, std::vector<Finding>& findings)
      : name_(std::move(name)), findings_(findings), before_(findings.size()) {}

  /// Nothing was found yet.
  bool silent() const { return findings_.size() == before_; }
  void ok(std::string what) { add(State::Ok, std::move(what), {}); }
  void warn(std::string what, std::string advice) { add(State::Warn, std::move(what), std::move(advice)); }
  void fail(std::string what, std::string advice) { add(State::Fail, std::move(what), std::move(advice)); }
  void unknown(std::string what, std::string advice) { add(State::Unknown, std::move(what), std::move(advice)); }

 private:
  void add(State state, std::string what, std::string advice) {
    findings_.push_back({state, name_, std::move(what), std::move(advice)});
  }
  const std::string name_;
  std::vector<Finding>& findings_;
  const std::size_t before_;
};

/// What to do where we may not look.
inline constexpr const char* kLookElsewhere = "look with a kubeconfig that may";

/// The first of `all` as `text` says them, and how many more there are.
template <class Range, class Text = std::identity>
std::string few_of(const Range& all, Text text = {}) {
  constexpr std::size_t kMostNamed = 5;
  std::string few;
  for (const auto& one : all | std::views::take(kMostNamed)) {
    few += fmt::format("{}{}", few.empty() ? "" : ", ", text(one));
  }
  return all.size() > kMostNamed ? few + fmt::format(" and {} more", all.size() - kMostNamed) : few;
}

/// `fail    index: <what>; <advice>`
std::string to_text(const std::vector<Finding>& findings);
Json::Value to_value(const std::vector<Finding>& findings);

/// A failure is a fact, whatever else could not be looked at.
int exit_code(const std::vector<Finding>& findings);

}  // namespace holdfast::cli::diagnosis
