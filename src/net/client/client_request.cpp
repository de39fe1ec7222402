#include "src/net/client/client_request.hpp"

#include <algorithm>

namespace holdfast::net {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_word(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

bool is_name(const std::string& text) { return is_word(text) && text.find(':') == std::string::npos; }

bool is_value(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; });
}

bool is_sendable(const Call& call) {
  return is_word(call.method) && is_word(call.target) &&
         std::all_of(call.headers.begin(), call.headers.end(),
                     [](const auto& header) { return is_name(header.first) && is_value(header.second); });
}

/// A body is expected with these, so that none is said to be one of no bytes (RFC 9110, section 8.6).
bool announces_body(const Call& call) {
  return !call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
}

}  // namespace

std::string address_text(const std::string& host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<std::string> request_bytes(const Call& call, const std::string& host) {
  if (!is_sendable(call)) return std::nullopt;
  std::string bytes;
  bytes.reserve(512 + call.body.size());
  bytes.append(call.method).append(" ").append(call.target).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  for (const auto& [name, value] : call.headers) bytes.append(name).append(": ").append(value).append("\r\n");
  if (announces_body(call)) bytes.append("Content-Length: ").append(std::to_string(call.body.size())).append("\r\n");
  return bytes.append("\r\n").append(call.body);
}

}  // namespace holdfast::net
