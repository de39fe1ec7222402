#include "src/generator/plan/verified.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "holdfast/base/text.hpp"

namespace holdfast::generator {
namespace {

constexpr const char* kName = "holdfast-verified";
constexpr const char* kPvcs = "pvcs";
constexpr std::size_t kMaxWord = 128;
constexpr std::string_view kNotSaid = "-";

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kMaxWord &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '/'; });
}

struct Line {
  std::string uid;
  std::string snapshot;
  std::string by;
};

std::optional<Line> line_of(const VerifiedMark& mark) {
  const std::size_t slash = mark.restore.find('/');
  if (slash == std::string::npos) return std::nullopt;
  Line line{mark.restore.substr(0, slash), mark.restore.substr(slash + 1), mark.by};
  if (line.by.empty()) line.by = kNotSaid;
  if (!is_word(line.uid) || !is_word(line.snapshot) || !is_word(line.by)) return std::nullopt;
  return line;
}

std::string text_of(const VerifiedMark& mark) {
  const auto line = line_of(mark);
  return line ? fmt::format("{} {} {}\n", line->uid, line->snapshot, line->by) : std::string();
}

std::string text_of(const VerifiedMarks& marks) {
  std::string text;
  for (const auto& [uid, mark] : marks) text += text_of(mark);
  return text;
}

bool read_line(std::string_view text, VerifiedMarks& marks) {
  const std::vector<std::string_view> words = base::split(text, ' ');
  if (words.size() != 3 || !std::ranges::all_of(words, is_word)) return false;
  marks[std::string(words[0])] = {std::string(words[0]).append("/").append(words[1]),
                                  words[2] == kNotSaid ? std::string() : std::string(words[2])};
  return true;
}

}  // namespace

kube::Target verified_place(const std::string& own_namespace) { return {kube::kConfigMaps, own_namespace, kName}; }

std::variant<VerifiedMarks, json::ObjectFault> read_verified(const json::ConfigMap& object) {
  if (!object.data.contains(kPvcs)) return json::ObjectFault{fmt::format("data.{}: missing", kPvcs)};
  VerifiedMarks marks;
  auto fault = read_lines(object, kPvcs, "<PVC uid> <snapshot id> <by>",
                          [&](std::string_view line) { return read_line(line, marks); });
  if (fault) return *std::move(fault);
  return marks;
}

std::string write_verified(const kube::Target& place, const VerifiedMarks& marks, const std::string& resource_version) {
  return config_map_text(place, {{kPvcs, text_of(marks)}}, resource_version);
}

VerifiedMark taken_back(std::string_view uid) { return {std::string(uid).append("/").append(kNotSaid), {}}; }

bool is_taken_back(const VerifiedMark& mark) {
  const auto line = line_of(mark);
  return line && line->snapshot == kNotSaid;
}

bool can_be_remembered(const VerifiedMark& mark) { return line_of(mark).has_value(); }

std::size_t add_marks(VerifiedMarks& marks, const VerifiedMarks& more, std::size_t bytes) {
  std::size_t used = text_of(marks).size();
  std::size_t left_out = 0;
  for (const auto& [uid, mark] : more) {
    const auto known = marks.find(uid);
    const std::size_t before = known == marks.end() ? 0 : text_of(known->second).size();
    const std::size_t after = text_of(mark).size();
    if (after == 0 || (known != marks.end() && known->second == mark)) continue;
    if (used - before + after > bytes) {
      ++left_out;
      continue;
    }
    used += after - before;
    marks[uid] = mark;
  }
  return left_out;
}

}  // namespace holdfast::generator
