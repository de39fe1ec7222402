#include "holdfast/cli/settings.hpp"

#include <set>

#include "src/cli/settings/file.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  try {
    std::set<std::string> keys;
    cli::Settings settings;
    const auto entries = cli::parse_settings(input.text(), "settings.yaml");
    fuzz::require(input.text().find_first_of(std::string_view("\0\4\x1a", 3)) == std::string_view::npos,
                  "nothing is taken for the end of the text but its end");
    for (const cli::FileEntry& entry : entries) {
      fuzz::require(keys.insert(entry.key).second, "a key is given once");
      fuzz::require(entry.line >= 1, "lines begin with 1");
      const auto setting = cli::find_setting(entry.key);
      if (!setting) continue;
      for (const std::string& value : entry.values) setting->apply(settings, value);
    }
  } catch (const cli::SettingsError& error) {
    fuzz::require(std::string_view(error.what()).starts_with("settings.yaml:"), "an error names the file");
  }
  return 0;
}
