#include "holdfast/core/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::core {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

constexpr std::string_view kCut = "…";
constexpr std::size_t kMaxPlaceBytes = 256;
constexpr std::size_t kMaxRemedyBytes = 420;

/// At most `max_bytes`, never in the middle of a UTF-8 character, with a sign that something is missing.
std::string cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  if (max_bytes < kCut.size()) return {};
  std::size_t length = max_bytes - kCut.size();
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return std::string(text.substr(0, length)).append(kCut);
}

}  // namespace

std::string_view to_string(const Outcome& outcome) {
  return std::visit(Overloaded{[](const Wait&) -> std::string_view { return "wait"; },
                               [](const Refuse&) -> std::string_view { return "refuse"; },
                               [](const Pass&) -> std::string_view { return "pass"; },
                               [](const Fresh&) -> std::string_view { return "fresh"; },
                               [](const Restore&) -> std::string_view { return "restore"; }},
                    outcome);
}

std::string denial_message(Code code, std::string_view problem, std::string_view place, Time at,
                           std::string_view remedy) {
  const std::string head = fmt::format("holdfast: {}: ", to_string(code));
  const std::string tail = fmt::format("; checked {} at {}; {}", cut(place, kMaxPlaceBytes), format_seconds(at),
                                       cut(remedy, kMaxRemedyBytes));
  return head + cut(problem, kMaxMessageBytes - head.size() - tail.size()) + tail;
}

std::string restore_message(const Restore& restore) {
  return fmt::format("snapshot {} of {} from {} will be restored", restore.snapshot.id, to_string(restore.source),
                     restore.snapshot.start_time);
}

Verdict wait_verdict(Code code, std::string_view problem, std::string_view place, Time at) {
  Verdict verdict;
  verdict.code = code;
  verdict.message = denial_message(code, problem, place, at, "it is tried again by itself");
  return verdict;
}

Verdict in_mode(Verdict verdict, Mode mode) {
  const bool lenient = mode == Mode::Permissive || mode == Mode::Audit;
  if (lenient && verdict.denies()) {
    verdict.warnings.push_back(
        fmt::format("{}: in mode enforce this would be denied: {}", to_string(verdict.code), verdict.message));
    verdict.outcome = Pass{};
  }
  if (mode == Mode::Audit && std::holds_alternative<Restore>(verdict.outcome)) verdict.outcome = Pass{};
  return verdict;
}

}  // namespace holdfast::core
