// The Kubernetes objects in a file that commands are given.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/intent.hpp"

namespace holdfast::cli {

struct Input {
  std::vector<core::Claim> claims;  ///< in the order of the file; without a namespace they are in "default"
  std::map<std::string, core::StringMap, std::less<>> namespaces;  ///< labels, of those in the file

  /// Labels of the namespace of `claim`; nullopt: the file does not say.
  std::optional<core::StringMap> labels_around(const core::Claim& claim) const;
  /// Whether `claim` may be created.
  core::Question question(const core::Claim& claim) const;
};

/// Throws FileError naming file, line and field. "-" is standard input.
Input read_input(const std::string& file);

}  // namespace holdfast::cli
