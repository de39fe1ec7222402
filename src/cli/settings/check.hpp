// What settings need of each other.
#pragma once

#include "holdfast/cli/settings.hpp"

namespace holdfast::cli {

/// Throws SettingsError naming the keys. Completes what follows from others (a catalog has no identity to pin).
void check_together(Settings& settings);

}  // namespace holdfast::cli
