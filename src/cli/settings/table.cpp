#include "src/cli/settings/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::cli {
namespace {

Table whole_table() {
  Table table;
  add_general(table);
  add_generator(table);
  return table;
}

std::optional<Setting> find_in(std::span<const Setting> rows, std::string_view key) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Setting& s) { return s.key == key && s.apply; });
  if (row == rows.end()) return std::nullopt;
  return *row;
}

/// Names of storage classes may hold dots, so the end of the key says where the class ends.
std::optional<Setting> find_class_setting(std::string_view key) {
  if (!key.starts_with(kClassesPrefix)) return std::nullopt;
  for (std::size_t dot = key.find('.', kClassesPrefix.size()); dot != std::string_view::npos;
       dot = key.find('.', dot + 1)) {
    const std::string storage_class(key.substr(kClassesPrefix.size(), dot - kClassesPrefix.size()));
    if (auto row = find_in(class_settings(storage_class), key)) return row;
  }
  return std::nullopt;
}

}  // namespace

std::span<const Setting> settings_table() {
  static const Table kTable = whole_table();
  return kTable;
}

std::optional<Setting> find_setting(std::string_view key) {
  auto row = find_in(settings_table(), key);
  return row ? row : find_class_setting(key);
}

std::string environment_name(const Setting& setting) {
  if (setting.flag.empty()) return {};
  std::string name = "HOLDFAST_" + std::string(setting.flag.substr(2));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

std::string settings_help() {
  std::string text =
      "Settings (flag > environment > file given by --config > default). The environment twin of --some-flag is\n"
      "HOLDFAST_SOME_FLAG; other variables that are understood are named.\n\n";
  for (const Setting& s : settings_table()) {
    text += fmt::format("  {:<24}{} {}{}\n", s.key, s.flag.empty() ? "(file only)" : s.flag, s.value,
                        s.list ? ", several" : "");
    const std::string fallback = s.fallback.empty() ? "" : fmt::format(" [default: {}]", s.fallback);
    const std::string alias = s.alias.empty() ? "" : fmt::format(" [also: {}]", s.alias);
    text += fmt::format("{:26}{}{}{}\n", "", s.help, fallback, alias);
  }
  return text;
}

}  // namespace holdfast::cli
