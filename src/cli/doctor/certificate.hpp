// The certificate that the webhook serves, as `doctor` finds it.
// One thread.
#pragma once

#include <string>

#include "holdfast/cli/settings.hpp"
#include "src/cli/doctor/cluster.hpp"

namespace holdfast::cli::diagnosis {

/// As PEM; empty where it cannot be had. Why not, is said by the checks of the certificate.
std::string served_chain(const Settings& settings, Cluster& cluster);

}  // namespace holdfast::cli::diagnosis
