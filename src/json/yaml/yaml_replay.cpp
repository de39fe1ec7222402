#include "src/json/yaml/yaml_replay.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "holdfast/base/text.hpp"

namespace holdfast::json {

using Kind = YamlNode::Kind;

const YamlNode& YamlReplay::resolved(std::size_t at) const {
  return nodes_[at].kind == Kind::Alias ? nodes_[nodes_[at].target] : nodes_[at];
}

void YamlReplay::play() {
  if (tape_.flaw()) flaw(tape_.flaw()->line, tape_.flaw()->problem);
  value(0);
}

bool YamlReplay::flaw(std::size_t line, std::string problem) {
  walker_.mark(line);
  return walker_.flaw(std::move(problem));
}

bool YamlReplay::value(std::size_t at) {
  walker_.mark(nodes_[at].line);
  const YamlNode& node = resolved(at);
  switch (node.kind) {
    case Kind::Boolean:
      return walker_.boolean(node.text == "true");
    case Kind::Number:
      return walker_.number(node.text);
    case Kind::Merge:
    case Kind::Text:
      return walker_.text(node.text);
    case Kind::Sequence:
      return sequence(node);
    case Kind::Map:
      return map(node);
    default:
      return walker_.null();
  }
}

bool YamlReplay::sequence(const YamlNode& node) {
  if (!walker_.begin_array()) return false;
  for (std::size_t at = index_of(node) + 1; at < node.next; at = nodes_[at].next) {
    if (!value(at)) return false;
  }
  return walker_.end_array();
}

std::vector<std::size_t> YamlReplay::keys_of(const YamlNode& map) const {
  std::vector<std::size_t> keys;
  for (std::size_t at = index_of(map) + 1; at < map.next; at = nodes_[nodes_[at].next].next) keys.push_back(at);
  return keys;
}

bool YamlReplay::map(const YamlNode& node) {
  const std::vector<std::size_t> keys = keys_of(node);
  const bool merges = std::ranges::any_of(keys, [&](std::size_t at) { return nodes_[at].kind == Kind::Merge; });
  if (!walker_.begin_object()) return false;
  Keys seen;
  const bool go_on =
      merges ? merged_members(node, seen, 0) : std::ranges::all_of(keys, [&](std::size_t at) { return member(at); });
  return go_on && walker_.end_object();
}

/// nullptr: JSON has no form for such a key.
const std::string* YamlReplay::key_text(std::size_t at) {
  const YamlNode& key = resolved(at);
  if (key.kind != Kind::Null && key.kind != Kind::Sequence && key.kind != Kind::Map) return &key.text;
  flaw(nodes_[at].line, key.kind == Kind::Map ? "a key must be a string, found a map ({{ }} is not substituted?)"
                                              : "a key must be a string");
  return nullptr;
}

bool YamlReplay::member(std::size_t key) {
  const std::string* const text = key_text(key);
  if (text == nullptr) return true;
  const std::string& name = *text;
  const YamlNode& value_node = nodes_[nodes_[key].next];
  // yaml-cpp takes a line without a colon for a key whose value is null, and puts that value where the key is;
  // kubectl calls it an error.
  const bool no_colon =
      value_node.kind == Kind::Null && value_node.line == nodes_[key].line && value_node.column == nodes_[key].column;
  if (no_colon)
    throw YamlFault{nodes_[key].line, fmt::format("\"{}\" has no value: is a ':' missing?", base::printable(name, 64))};
  walker_.mark(nodes_[key].line);
  return walker_.key(name) && value(nodes_[key].next);
}

void YamlReplay::count_merge_step(std::size_t line, std::size_t depth) {
  if (++merge_steps_ > limits_.members) {
    throw YamlFault{line, fmt::format("merge keys expand to more than {} keys", limits_.members)};
  }
  if (depth > limits_.depth) throw YamlFault{line, fmt::format("merge keys go deeper than {} levels", limits_.depth)};
}

/// As kubectl does, and unlike YAML's own proposal: of two that set the same key the later one counts, whether it
/// stands there itself or comes by a merge. So the last comes first here, and only the first of a name is taken.
bool YamlReplay::merged_members(const YamlNode& map, Keys& seen, std::size_t depth) {
  Keys own;
  const std::vector<std::size_t> keys = keys_of(map);
  for (std::size_t key : std::views::reverse(keys)) {
    count_merge_step(nodes_[key].line, depth);
    if (nodes_[key].kind == Kind::Merge) {
      if (!merge(nodes_[key].next, seen, depth + 1)) return false;
      continue;
    }
    const std::string* const name = key_text(key);
    if (name == nullptr) continue;
    if (!own.insert(*name).second) {
      flaw(nodes_[key].line, fmt::format("the key \"{}\" occurs twice", base::printable(*name, 64)));
    }
    if (seen.insert(*name).second && !member(key)) return false;
  }
  return true;
}

bool YamlReplay::merge(std::size_t source, Keys& seen, std::size_t depth) {
  const YamlNode& node = resolved(source);
  if (node.kind == Kind::Map) return merged_members(node, seen, depth);
  if (node.kind != Kind::Sequence) throw YamlFault{nodes_[source].line, "a merge key needs a map or a list of maps"};
  // Of several in one list the first counts.
  for (std::size_t at = index_of(node) + 1; at < node.next; at = nodes_[at].next) {
    count_merge_step(nodes_[at].line, depth);
    if (resolved(at).kind != Kind::Map) throw YamlFault{nodes_[at].line, "a merge key needs a map or a list of maps"};
    if (!merged_members(resolved(at), seen, depth)) return false;
  }
  return true;
}

}  // namespace holdfast::json
