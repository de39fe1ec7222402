// YAML text as its documents, one after the other.
// One thread.
#pragma once

#include <functional>
#include <string_view>

#include "holdfast/json/limits.hpp"
#include "src/json/yaml/yaml_tape.hpp"

namespace holdfast::json {

/// Calls `each` with every document that is not empty. Throws YamlFault for what is not YAML as we want it; exceptions
/// of `each` pass through.
void read_yaml_documents(std::string_view text, const ReadLimits& limits,
                         const std::function<void(const YamlTape& tape)>& each);

}  // namespace holdfast::json
