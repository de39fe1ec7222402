// Labels and annotations of a PVC under the prefixes of the contract that nobody reads: most are misspelt.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "holdfast/core/policy.hpp"
#include "holdfast/core/pvc.hpp"

namespace holdfast::core {

/// So many are named; the rest is counted.
inline constexpr std::size_t kMostUnreadKeys = 4;

/// A sentence for each, and one for the rest; each fits into an admission warning.
std::vector<std::string> unread_keys(const Pvc& pvc, const Policy& policy);

}  // namespace holdfast::core
