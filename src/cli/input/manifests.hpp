// Kubernetes objects on stdout.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "src/cli/commands.hpp"

namespace holdfast::cli {

/// YAML documents, or for Output::Json a `kind: List`: either is what `kubectl apply -f -` takes.
std::string manifests(const std::vector<Json::Value>& objects, Output output);

}  // namespace holdfast::cli
