#include "holdfast/volsync/text.hpp"

#include <openssl/sha.h>
#include <charconv>

#include "holdfast/base/text.hpp"

namespace holdfast::volsync {

std::string_view value_of(const core::StringMap& map, std::string_view key) {
  const std::string* value = core::lookup(map, key);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  if (number < low || number > high) return std::nullopt;
  return number;
}

std::array<std::uint8_t, 32> sha256(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string short_digest(std::string_view text) {
  const auto digest = sha256(text);
  return base::hex({reinterpret_cast<const char*>(digest.data()), 8});
}

}  // namespace holdfast::volsync
