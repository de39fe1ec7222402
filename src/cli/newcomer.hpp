// A PVC that is not there, as the cluster and the backups would meet it, were it created now.
#pragma once

#include "holdfast/cli/settings.hpp"
#include "holdfast/core/pvc.hpp"
#include "holdfast/ops/log.hpp"
#include "src/cli/input/input.hpp"

namespace holdfast::cli {

struct Newcomer {
  core::Policy policy;  ///< by which its label counts
  Input input;          ///< the one claim, and what the cluster says of its namespace
};

/// With a backup label and nothing else. Blocks: asks the API server as admission does, and throws SettingsError where
/// there is none to ask. What is not known of the memory of seen backups is logged, and left out.
Newcomer newcomer(const core::PvcName& name, const Settings& settings, const ops::Logger& log);

}  // namespace holdfast::cli
