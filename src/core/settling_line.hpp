// What settles for all PVCs whose backups are whose.
#pragma once

#include <string>

#include "holdfast/core/candidates.hpp"

namespace holdfast::core {

/// The end of a sentence with the line of the settings: the template of what is meant, and the others after it, the
/// newest first. Empty where no line settles it.
std::string settling_line(const Located& found, const PvcName& owner, const Policy& policy, const Ownership& ownership,
                          const Catalog& catalog);

}  // namespace holdfast::core
