// One PVC in a few lines for people.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/generator/audit.hpp"

namespace holdfast::cli {

std::string describe(const generator::AuditItem& item);

/// For a PVC that does not exist: what it would be told.
std::string describe_absent(const generator::AuditItem& item);

}  // namespace holdfast::cli
