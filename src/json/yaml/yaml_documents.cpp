#include "src/json/yaml/yaml_documents.hpp"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "src/json/reader/text.hpp"

namespace holdfast::json {
namespace {

/// yaml-cpp takes some control characters for the end of the text, and does not check UTF-8.
void check_characters(std::string_view text) {
  const auto control = std::ranges::find_if(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  const auto bad = std::min(static_cast<std::size_t>(control - text.begin()), find_invalid_utf8(text));
  if (bad >= text.size()) return;
  const auto line = static_cast<std::size_t>(std::ranges::count(text.substr(0, bad), '\n')) + 1;
  throw YamlFault{line, "not UTF-8 text"};
}

}  // namespace

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
