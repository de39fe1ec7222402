#include "src/json/yaml/yaml_tape.hpp"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "holdfast/base/text.hpp"

namespace holdfast::json {
namespace {

std::size_t line_of(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.line) + 1; }

bool fits(YamlNode::Kind kind, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return true;
  return tag == (kind == YamlNode::Kind::Map ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq");
}

/// yaml-cpp takes some control characters for the end of the text, and does not check UTF-8.
void check_characters(std::string_view text) {
  const auto control =
      std::ranges::find_if(text, [](char c) { return base::is_control(c) && c != '\t' && c != '\n' && c != '\r'; });
  const auto bad = std::min(static_cast<std::size_t>(control - text.begin()), base::find_invalid_utf8(text));
  if (bad >= text.size()) return;
  const auto line = static_cast<std::size_t>(std::ranges::count(text.substr(0, bad), '\n')) + 1;
  throw YamlFault{line, "not UTF-8 text"};
}

}  // namespace

void YamlTape::OnDocumentStart(const YAML::Mark& mark) {
  // At a token that begins nothing, such as a stray comma, yaml-cpp finds one empty document after the other.
  if (mark.pos == document_start_) throw YamlFault{line_of(mark), "not YAML: nothing can begin so"};
  document_start_ = mark.pos;
  nodes_.clear();
  flaw_.reset();
  open_.clear();
  anchors_.assign(1, 0);
}

YamlNode& YamlTape::append(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  // A member is two nodes.
  if (nodes_.size() > 2 * limits_.members) {
    throw YamlFault{line_of(mark), fmt::format("more than {} keys and values", limits_.members)};
  }
  if (anchor != YAML::NullAnchor) {
    if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
    anchors_[anchor] = nodes_.size();
  }
  YamlNode& node = nodes_.emplace_back();
  node.kind = kind;
  node.line = line_of(mark);
  node.column = static_cast<std::size_t>(mark.column) + 1;
  node.next = nodes_.size();
  return node;
}

void YamlTape::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) { append(YamlNode::Kind::Null, mark, anchor); }

void YamlTape::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  append(YamlNode::Kind::Alias, mark, YAML::NullAnchor).target = anchors_.at(anchor);
}

void YamlTape::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                        const std::string& value) {
  auto resolved = resolve_yaml_scalar(tag, value);
  if (auto* fault = std::get_if<YamlScalarFault>(&resolved)) {
    keep_flaw(mark, std::move(fault->problem));
    resolved = YamlScalar{YamlScalar::Kind::Text, value};
  }
  auto& scalar = std::get<YamlScalar>(resolved);
  append(scalar.kind, mark, anchor).text = std::move(scalar.text);
}

void YamlTape::keep_flaw(const YAML::Mark& mark, std::string problem) {
  if (!flaw_) flaw_ = YamlFault{line_of(mark), std::move(problem)};
}

void YamlTape::open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  if (!fits(kind, tag)) keep_flaw(mark, fmt::format("the tag {} is not supported here", base::printable(tag, 64)));
  if (open_.size() >= limits_.depth) {
    throw YamlFault{line_of(mark), fmt::format("nested deeper than {} levels", limits_.depth)};
  }
  open_.push_back(nodes_.size());
  append(kind, mark, anchor);
}

void YamlTape::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                               YAML::EmitterStyle::value) {
  open(YamlNode::Kind::Sequence, mark, tag, anchor);
}

void YamlTape::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                          YAML::EmitterStyle::value) {
  open(YamlNode::Kind::Map, mark, tag, anchor);
}

void YamlTape::close() {
  nodes_[open_.back()].next = nodes_.size();
  open_.pop_back();
}

void read_yaml_documents(std::string_view text, const ReadLimits& limits,
                         const std::function<void(const YamlTape& tape)>& each) try {
  check_characters(text);
  // yaml-cpp ends a quoted scalar without its closing quote at the end of the text; at a document's end it does not.
  std::istringstream in(std::string(text) + (text.ends_with('\n') ? "...\n" : "\n...\n"));
  YAML::Parser parser(in);
  YamlTape tape(limits);
  while (parser.HandleNextDocument(tape)) {
    const auto& nodes = tape.nodes();
    if (!nodes.empty() && nodes.front().kind != YamlNode::Kind::Null) each(tape);
  }
} catch (const YAML::Exception& error) {
  throw YamlFault{static_cast<std::size_t>(error.mark.line) + 1,
                  fmt::format("not YAML: {} (column {})", error.msg, error.mark.column + 1)};
}

}  // namespace holdfast::json
