// A Call as bytes for the wire. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "holdfast/net/client.hpp"

namespace holdfast::net {

/// "name:443", "10.0.0.1:6443", "[::1]:443".
std::string address_text(const std::string& host, std::uint16_t port);

/// nullopt: the call holds a character that would end a line or a field too early.
std::optional<std::string> request_bytes(const Call& call, const std::string& host);

}  // namespace holdfast::net
