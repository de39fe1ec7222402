// Small helpers for text that came from outside and text that goes out.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::json {

/// Offset of the first byte that does not belong to well-formed UTF-8 (RFC 3629); npos: all of it does.
std::size_t find_invalid_utf8(std::string_view text);

/// `text` with each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

/// At most `max_bytes` of well-formed `text`, not ending within a character.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);

/// The end of it instead, not beginning within a character.
std::string_view last_utf8(std::string_view text, std::size_t max_bytes);

/// Well-formed, on one line, at most `max_bytes` and three more for "..." where something was cut: for messages.
std::string printable(std::string_view text, std::size_t max_bytes);

/// RFC 4648, section 4, with padding.
std::string base64(std::string_view bytes);

}  // namespace holdfast::json
