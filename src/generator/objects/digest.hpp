// SHA-256: names, minutes and hashes of objects that are the same in every version and on every replica.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::generator {

std::array<std::uint8_t, 32> sha256(std::string_view text);

/// The first 16 hex digits of the SHA-256.
std::string short_digest(std::string_view text);

}  // namespace holdfast::generator
