// Results on stdout.
#pragma once

#include <json/value.h>

#include <string>

#include "src/cli/commands.hpp"

namespace holdfast::cli {

/// The value as JSON (indented, keys sorted) or as YAML. Not for Output::Text.
std::string render(const Json::Value& value, Output output);

/// Writes to stdout; throws std::runtime_error when it cannot (a full disk, a closed pipe): a result that nobody got is
/// no result.
void print(const std::string& text);

}  // namespace holdfast::cli
