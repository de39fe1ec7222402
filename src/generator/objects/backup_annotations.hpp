// The annotations of a PVC that change how it is backed up.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/pvc.hpp"
#include "holdfast/generator/options.hpp"

namespace holdfast::generator {

/// What the annotations say; what cannot be read is left out of `layer` and named in `problems`, sorted.
struct AnnotatedBackup {
  BackupLayer layer;
  std::optional<std::string> schedule;
  std::vector<std::string> problems;
};

/// `below`: the security context under the annotations, of which run-as changes a part.
AnnotatedBackup read_backup_annotations(const core::StringMap& annotations, const SecurityContext& below);

}  // namespace holdfast::generator
