// Text that came from outside and text that goes out: its characters, its parts, and how bytes are written in it.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::base {

/// Of ASCII.
constexpr bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Without the blanks and line ends around it.
std::string_view trimmed(std::string_view text);

/// One part more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator);

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

/// A line for each row, without its end: columns as wide as their widest cell, two blanks between them. Rows may be
/// shorter than the first. By bytes: a cell with more than ASCII in it is padded too little.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows);

/// Two lower-case digits for each byte.
std::string hex(std::string_view bytes);

/// RFC 4648, section 4, with padding.
std::string base64(std::string_view bytes);

/// RFC 3986: what is not unreserved (section 2.3) nor one of `kept` as %XX.
std::string percent_encoded(std::string_view text, std::string_view kept = {});

}  // namespace holdfast::base
