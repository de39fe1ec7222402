// Where a server listens, as a URL says it.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast::net {

struct ServerAddress {
  bool tls = true;
  std::string host;  ///< without brackets
  std::uint16_t port = 443;
  std::string base_path;  ///< percent-encoded, without a '/' at its end
};

/// Reads "https://host:6443/path" and "http://…". Throws std::invalid_argument with what is wrong, never with the text:
/// it may hold a password.
ServerAddress read_server_address(std::string_view url);

}  // namespace holdfast::net
