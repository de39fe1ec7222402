#include "src/net/url.hpp"

namespace holdfast::net {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Every server has to take a target in absolute form; the authority means nothing here.
std::string_view without_authority(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::size_t path = text.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? std::string_view("/") : text.substr(path);
  }
  return text;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == PlusSign::IsSpace) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

std::optional<Target> read_target(std::string_view text) {
  if (text == "*") return Target{.path = "*", .query = {}};
  text = without_authority(text);
  const std::size_t mark = text.find('?');
  auto path = percent_decode(text.substr(0, mark), PlusSign::IsItself);
  if (!path) return std::nullopt;
  if (path->empty() && mark == 0) *path = "/";
  if (!path->starts_with('/')) return std::nullopt;
  return Target{std::move(*path), mark == std::string_view::npos ? std::string() : std::string(text.substr(mark + 1))};
}

}  // namespace holdfast::net
