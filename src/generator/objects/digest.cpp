#include "src/generator/objects/digest.hpp"

#include <openssl/sha.h>

namespace holdfast::generator {

std::array<std::uint8_t, 32> sha256(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string short_digest(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto digest = sha256(text);
  std::string hex;
  for (std::size_t i = 0; i < 8; ++i) hex.append({kHex[digest[i] >> 4], kHex[digest[i] & 15]});
  return hex;
}

}  // namespace holdfast::generator
