// What the generator would apply at last for the PVCs of a file, had each of them been bound and old enough.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "holdfast/cli/settings.hpp"
#include "holdfast/core/evidence.hpp"
#include "holdfast/volsync/objects.hpp"
#include "src/cli/input/input.hpp"

namespace holdfast::cli {

struct Rendering {
  std::vector<volsync::Object> objects;  ///< by PVC in the order of the file, then those of the installation
  std::vector<std::string> skipped;      ///< "media/cache: exempt"
  std::vector<std::string> problems;     ///< settings on a PVC that are left out, and why
};

/// `evidence` nullptr: the repository was not asked, and a PVC's first identity counts.
Rendering render_objects(const Input& input, const core::Evidence* evidence, const Settings& settings);

}  // namespace holdfast::cli
