// What a PVC that is not there would be told, were it created now with a backup label and nothing else.
#pragma once

#include "holdfast/generator/audit.hpp"
#include "holdfast/index/index.hpp"
#include "src/cli/cluster.hpp"

namespace holdfast::cli {

/// Blocks: looks at the backups and asks the API server as admission does. What is not known of the memory of seen
/// backups is logged, and left out.
generator::AuditItem newcomer(const core::PvcName& name, const Settings& settings, const kube::Config& config,
                              index::Index& index, const ops::Logger& log);

}  // namespace holdfast::cli
