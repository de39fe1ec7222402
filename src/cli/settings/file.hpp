// A settings file (YAML) as flat keys with the lines they stand on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

struct FileEntry {
  std::string key;                  ///< "index.path"
  std::vector<std::string> values;  ///< one, or the items of a list; a {from, to} item reads "from=…,to=…"
  bool is_list = false;
  std::size_t line = 0;  ///< 1 is the first
};

/// Throws SettingsError naming `file`, the line and the key for anything that is not a mapping of mappings, scalars and
/// lists, for a key given twice, and beyond 1 MiB, 8 levels or 10,000 values.
std::vector<FileEntry> read_settings_file(const std::string& file);

/// The same for text that is already there.
std::vector<FileEntry> parse_settings(std::string_view text, const std::string& file);

}  // namespace holdfast::cli
