// Small readings of text that people write into settings and annotations.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/pvc.hpp"

namespace holdfast::volsync {

/// What a label or annotation says; empty where it is not there.
std::string_view value_of(const core::StringMap& map, std::string_view key);

/// A decimal number without sign from `low` to `high`; nullopt: anything else.
std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t low, std::int64_t high);

std::array<std::uint8_t, 32> sha256(std::string_view text);

/// The first 16 hex digits of the SHA-256.
std::string short_digest(std::string_view text);

}  // namespace holdfast::volsync
