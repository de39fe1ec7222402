// What VolSync's fork makes of a kopia identity: how it spells one that it is not told, and which it can be told.
// Pure; any thread. Source: builder.go of the fork's kopia mover, the pattern of `username` and `hostname` in its CRDs.
#pragma once

#include <string>
#include <string_view>

#include "holdfast/core/identity.hpp"

namespace holdfast::core {

/// What movers back up, and what they look for to restore, where no path is named.
inline constexpr std::string_view kDataPath = "/data";

/// How it spells an object name as a kopia user name when it is not told one: only ASCII letters, digits,
/// '-' and '_' stay, '-' and '_' are trimmed at both ends, and 50 bytes are kept.
std::string fork_user_name(std::string_view object_name);

/// A path goes with names that VolSync spells in its own way: whether these come out of that unchanged.
bool survives_spelling(const Identity& identity);

/// Why its mover cannot back up as `identity`, or restore from it, for people; empty: it can.
std::string mover_problem(const Identity& identity);

}  // namespace holdfast::core
