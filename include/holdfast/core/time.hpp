// Times and durations as Kubernetes, kopia and people write them.
// Pure functions; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::core {

/// A moment in UTC, nanoseconds since 1970-01-01T00:00:00Z. Range: the years 1678 to 2261.
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Reads RFC 3339 ("2026-11-21T08:46:10.5Z", "…+01:00"); more than nine decimals are cut. nullopt: not RFC 3339, or out
/// of range.
std::optional<Time> parse_rfc3339(std::string_view text);

/// "2026-11-21T08:46:10Z": whole seconds, for people.
std::string format_seconds(Time time);

/// "2026-11-21T08:46:10.5Z": as Go's RFC3339Nano prints it, trailing zeros trimmed. kopia prints times in this form.
std::string format_nanoseconds(Time time);

/// Reads one or more decimal numbers with a unit (h, m, s, ms, us, ns), as Go does: "8s", "2h", "1h30m", "500ms".
/// Negative durations, bare numbers and anything over 100 years are refused.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// "35m", "36h", "12d": how long ago something was, roughly, for people. Less than nothing is nothing.
std::string format_age(std::chrono::nanoseconds age);

/// "2h", "90m", "20s", "1500ms": in the largest unit that says it exactly, as parse_duration() reads it.
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace holdfast::core
