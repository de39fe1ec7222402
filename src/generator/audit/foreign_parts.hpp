// What stands under a PVC's names and is not holdfast's: whether a plan takes it over, and what that changes.
// Pure; any thread.
#pragma once

#include <vector>

#include "holdfast/generator/audit.hpp"

namespace holdfast::generator {

std::vector<ForeignPart> foreign_parts(const View& view, const Plan& plan);

}  // namespace holdfast::generator
