#include "src/cli/settings_file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "holdfast/cli/settings.hpp"
#include "src/cli/files.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::size_t kMaxIndent = 256;
constexpr int kMaxDepth = 8;

std::size_t line_of(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.line + 1); }

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
      if (!member.first.IsScalar()) fail(member.first, prefix, "a key must be plain text");
      const std::string key = prefix + member.first.Scalar();
      if (!seen_.insert(key).second) fail(member.first, key, "given twice");
      if (member.second.IsMap())
        mapping(member.second, key + ".", depth + 1);
      else
        entries_.push_back(entry(key, member.first, member.second));
    }
  }

  FileEntry entry(const std::string& key, const YAML::Node& name, const YAML::Node& value) const {
    FileEntry entry{key, {}, value.IsSequence(), line_of(name.Mark())};
    if (value.IsScalar())
      entry.values.push_back(value.Scalar());
    else if (value.IsSequence()) {
      for (const auto& item : value) entry.values.push_back(list_item(key, item));
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

  const std::string& file_;
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

}  // namespace

std::vector<FileEntry> parse_settings(std::string_view text, const std::string& file) {
  if (nests_too_deeply(text)) throw SettingsError(file + ": nested too deeply");
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) throw SettingsError(file + ": more than one document");
    return documents.empty() ? std::vector<FileEntry>() : Flattener(file).flatten(documents.front());
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
