// What Beast's parser must not be shown.
// Pure; any thread.
#pragma once

#include <string_view>

namespace holdfast::net {

/// The last chunk of a body with one byte behind it. Beast (1.81, parse_chunk_header) takes for granted that it sees at
/// least two when it comes back to a last chunk, and asserts it. Nothing is lost: one byte more always follows.
inline bool is_torn_last_chunk(std::string_view bytes) { return bytes.size() == 4 && bytes.starts_with("0\r\n"); }

}  // namespace holdfast::net
