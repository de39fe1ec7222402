// The parts of a request target (RFC 9112, section 3.2; RFC 3986).
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::net {

enum class PlusSign {
  IsItself,
  IsSpace,  ///< as in a form or a query
};

/// nullopt: a '%' without two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

struct Target {
  std::string path;   ///< decoded
  std::string query;  ///< raw, without '?'
};

/// Reads "/path?query", "http://host/path?query" and "*". nullopt: none of these, or a bad escape in the path.
std::optional<Target> read_target(std::string_view text);

}  // namespace holdfast::net
