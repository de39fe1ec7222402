// What a command writes: results on stdout, its log on stderr.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "src/cli/commands.hpp"

namespace holdfast::cli {

/// The value as JSON (indented, keys sorted) or as YAML. Not for Output::Text.
std::string render(const Json::Value& value, Output output);

/// Kubernetes objects as YAML documents, or for Output::Json a `kind: List`: either is what `kubectl apply -f -` takes.
std::string manifests(const std::vector<Json::Value>& objects, Output output);

/// Writes to stdout; throws std::runtime_error when it cannot (a full disk, a closed pipe): a result that nobody got is
/// no result.
void print(const std::string& text);

/// Warnings and errors, unless the settings say otherwise: who asks one question wants no account of how it is
/// answered.
ops::Logger command_log(const Settings& settings);

}  // namespace holdfast::cli
