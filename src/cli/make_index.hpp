// The index that the settings ask for.
#pragma once

#include <memory>

#include "holdfast/cli/settings.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::cli {

/// Throws SettingsError when no backend is chosen, or it cannot be set up.
std::unique_ptr<index::Index> make_index(const Settings& settings, const ops::Logger& log, ops::Metrics& metrics);

/// One proof for a command, with time for a listing. Blocks.
core::Evidence look(const Settings& settings, index::Index& index);

}  // namespace holdfast::cli
