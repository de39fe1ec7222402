// Addresses, URLs and the parts of a request target (RFC 9112, section 3.2; RFC 3986).
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast::net {

/// An IPv4 or IPv6 address, without brackets.
bool is_address(const std::string& host);

/// "name:443", "10.0.0.1:6443", "[::1]:443".
std::string address_text(const std::string& host, std::uint16_t port);

/// Where a server listens, as a URL says it.
struct ServerAddress {
  bool tls = true;
  std::string host;  ///< without brackets
  std::uint16_t port = 443;
  std::string base_path;  ///< percent-encoded, without a '/' at its end
};

/// Reads "https://host:6443/path" and "http://…". Throws std::invalid_argument with what is wrong, never with the text:
/// it may hold a password.
ServerAddress read_server_address(std::string_view url);

/// All but the unreserved characters, so that it can stand anywhere in a URL.
std::string percent_encoded(std::string_view text);

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

/// The value of `name` in a query string ("a=1&timeout=10s"), percent-decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace holdfast::net
