// The warning of a Pass by which nothing is restored although there is a backup.
// Pure; any thread.
#pragma once

#include "holdfast/core/evidence.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/core/policy.hpp"

namespace holdfast::core {

/// The verdict, with the warning BackupsIgnored where `evidence` is current and holds a backup of the PVC.
Verdict with_ignored_backups(const Settled& settled, const Evidence& evidence, const Policy& policy);

}  // namespace holdfast::core
