// Settings as a test gives them: flags, variables, and a file.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "holdfast/cli/settings.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace holdfast::test {

using Variables = std::map<std::string, std::string>;

inline cli::Environment environment(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline cli::Settings load(const cli::Flags& flags, const Variables& variables = {}, const std::string& file = {}) {
  return cli::load_settings(flags, environment(variables), file);
}

/// What is wrong with a settings file, which is called FILE there; empty: nothing.
inline std::string problem(const std::string& yaml) {
  const TempFile file(yaml);
  try {
    load({}, {}, file.path());
  } catch (const cli::SettingsError& e) {
    std::string text = e.what();
    text.replace(text.find(file.path()), file.path().size(), "FILE");
    return text;
  }
  return {};
}

}  // namespace holdfast::test
