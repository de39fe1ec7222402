#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/json/objects.hpp"
#include "src/kube/watch/watch_lines.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

constexpr std::size_t kLongestLine = 4096;

struct Lines {
  std::vector<std::string> lines;
  bool ended_well = true;
  bool operator==(const Lines&) const = default;
};

Lines cut(std::string_view text, std::size_t largest) {
  Lines out;
  kube::WatchLines lines(kLongestLine);
  while (!text.empty() && out.ended_well) {
    out.ended_well = lines.feed(text.substr(0, largest), [&out](std::string_view line) {
      out.lines.emplace_back(line);
      return true;
    });
    text.remove_prefix(std::min(largest, text.size()));
  }
  return out;
}

template <class T>
const T* check(const std::variant<T, json::ObjectFault>& read) {
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) fuzz::require_message(fault->problem);
  return std::get_if<T>(&read);
}

void read_object(std::string_view object) {
  const auto meta = json::read_meta(object);
  const auto observed = json::read_observed(object);
  const auto claim = json::read_claim(object);
  check(meta);
  check(claim);
  if (const auto* read = check(observed)) {
    fuzz::require(check(meta) != nullptr, "what is read as a whole has readable metadata");
    fuzz::require(read->status.mover_logs.size() <= object.size(), "a log is part of its object");
  }
  check(json::read_job(object));
  if (const auto pod = json::read_pod(object); const auto* read = check(pod)) {
    fuzz::require(read->failure.size() <= 320 && read->waiting.size() <= 320, "a pod's own words are bounded");
  }
  check(json::read_lease(object));
  check(json::read_status(object));
  std::size_t members = 0;
  check(json::read_list(object, [&](std::string_view member) {
    ++members;
    fuzz::require(member.data() >= object.data() && member.data() + member.size() <= object.data() + object.size(),
                  "the members of a list lie within it");
  }));
  fuzz::require(members <= object.size(), "a list has no more members than bytes");
}

void read_line(std::string_view line) {
  fuzz::require(!line.empty() && line.size() <= kLongestLine && line.find('\n') == std::string_view::npos,
                "a line is one, and within its limit");
  const auto event = json::read_watch_event(line);
  const auto* read = check(event);
  if (read == nullptr) return;
  fuzz::require(read->object.empty() || (read->object.data() >= line.data() &&
                                         read->object.data() + read->object.size() <= line.data() + line.size()),
                "the object of an event lies within its line");
  read_object(read->object);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t largest = 1 + input.choose(32);
  const Lines whole = cut(input.text(), std::string_view::npos);
  const Lines pieces = cut(input.text(), largest);
  fuzz::require(pieces == whole, "a stream has the same lines in pieces of any size");
  for (const std::string& line : whole.lines) read_line(line);
  return 0;
}
