#include "src/cli/settings/file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "holdfast/cli/settings.hpp"
#include "src/cli/input/files.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::size_t kMaxIndent = 256;
constexpr int kMaxDepth = 8;
/// Aliases make few bytes many values.
constexpr std::size_t kMaxValues = 10'000;

std::size_t line_of(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.line) + 1; }

class Flattener {
 public:
  explicit Flattener(const std::string& file) : file_(file) {}

  std::vector<FileEntry> flatten(const YAML::Node& root) {
    if (!root.IsNull()) mapping(root, "", 0);
    return std::move(entries_);
  }

 private:
  [[noreturn]] void fail(const YAML::Node& at, std::string_view key, std::string_view what) const {
    throw SettingsError(fmt::format("{}:{}: {}: {}", file_, line_of(at.Mark()), key.empty() ? "(top)" : key, what));
  }

  void mapping(const YAML::Node& node, const std::string& prefix, int depth) {
    if (!node.IsMap()) fail(node, prefix, "expected keys with values");
    if (depth > kMaxDepth) fail(node, prefix, "nested too deeply");
    for (const auto& member : node) {
      count(member.first, prefix);
      if (!member.first.IsScalar()) fail(member.first, prefix, "a key must be plain text");
      const std::string key = prefix + member.first.Scalar();
      if (!seen_.insert(key).second) fail(member.first, key, "given twice");
      if (member.second.IsMap())
        mapping(member.second, key + ".", depth + 1);
      else
        entries_.push_back(entry(key, member.first, member.second));
    }
  }

  FileEntry entry(const std::string& key, const YAML::Node& name, const YAML::Node& value) {
    FileEntry entry{key, {}, value.IsSequence(), line_of(name.Mark())};
    if (value.IsScalar())
      entry.values.push_back(value.Scalar());
    else if (value.IsSequence()) {
      for (const auto& item : value) {
        count(item, key);
        entry.values.push_back(list_item(key, item));
      }
    } else {
      fail(name, key, "has no value");
    }
    return entry;
  }

  std::string list_item(const std::string& key, const YAML::Node& item) const {
    if (item.IsScalar()) return item.Scalar();
    const bool pair = item.IsMap() && item.size() == 2 && item["from"] && item["to"] && item["from"].IsScalar() &&
                      item["to"].IsScalar();
    if (!pair) fail(item, key, "an item is plain text, or {from: …, to: …}");
    return fmt::format("from={},to={}", item["from"].Scalar(), item["to"].Scalar());
  }

  void count(const YAML::Node& at, std::string_view key) {
    if (++values_ > kMaxValues) fail(at, key, "too many values");
  }

  const std::string& file_;
  std::size_t values_ = 0;
  std::set<std::string> seen_;
  std::vector<FileEntry> entries_;
};

/// yaml-cpp builds its tree by recursion: nesting must be bounded before it sees the text.
bool nests_too_deeply(std::string_view text) {
  std::size_t open = 0, deepest = 0, indent = 0;
  bool at_line_start = true;
  for (char c : text) {
    if (c == '\n')
      at_line_start = true, indent = 0;
    else if (at_line_start && (c == ' ' || c == '-' || c == '?'))
      deepest = std::max(deepest, ++indent);
    else
      at_line_start = false;
    if (c == '[' || c == '{') deepest = std::max(deepest, ++open);
    if ((c == ']' || c == '}') && open > 0) --open;
  }
  return deepest > kMaxIndent;
}

/// yaml-cpp takes some of them for the end of the text, and what follows would be lost without a word.
void refuse_control_characters(std::string_view text, const std::string& file) {
  const auto bad = std::find_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  });
  if (bad == text.end()) return;
  throw SettingsError(fmt::format("{}:{}: a control character", file, std::count(text.begin(), bad, '\n') + 1));
}

/// Whether a second document begins. At a token that begins nothing, such as a stray comma, yaml-cpp finds one empty
/// document after the other without end; YAML::LoadAll would collect them.
class SecondDocument : public YAML::EventHandler {
 public:
  static bool is_in(const std::string& text) {
    std::istringstream in(text);
    YAML::Parser parser(in);
    SecondDocument seen;
    while (seen.documents_ < 2 && parser.HandleNextDocument(seen)) continue;
    return seen.documents_ > 1;
  }

 private:
  using Mark = YAML::Mark;
  using Anchor = YAML::anchor_t;
  void OnDocumentStart(const Mark&) override { ++documents_; }
  void OnDocumentEnd() override {}
  void OnNull(const Mark&, Anchor) override {}
  void OnAlias(const Mark&, Anchor) override {}
  void OnScalar(const Mark&, const std::string&, Anchor, const std::string&) override {}
  void OnSequenceStart(const Mark&, const std::string&, Anchor, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark&, const std::string&, Anchor, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  int documents_ = 0;
};

}  // namespace

std::vector<FileEntry> parse_settings(std::string_view text, const std::string& file) {
  refuse_control_characters(text, file);
  if (nests_too_deeply(text)) throw SettingsError(file + ": nested too deeply");
  try {
    // yaml-cpp ends a quoted text without its closing quote at the end of the file; at a document's end it does not.
    const std::string whole = std::string(text) + "\n...\n";
    if (SecondDocument::is_in(whole)) throw SettingsError(file + ": more than one document");
    return Flattener(file).flatten(YAML::Load(whole));
  } catch (const YAML::Exception& e) {
    throw SettingsError(fmt::format("{}:{}: {}", file, line_of(e.mark), e.msg));
  }
}

std::vector<FileEntry> read_settings_file(const std::string& file) {
  try {
    return parse_settings(read_file(file, kMaxBytes), file);
  } catch (const FileError& e) {
    throw SettingsError(e.what());
  }
}

}  // namespace holdfast::cli
