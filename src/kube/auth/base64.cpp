#include "holdfast/kube/base64.hpp"

#include <openssl/evp.h>

#include <memory>

namespace holdfast::kube {
namespace {

// OpenSSL takes white space anywhere, and a '-' for the end.
constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n";

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.find_first_not_of(kAllowed) != std::string_view::npos) return std::nullopt;
  const std::unique_ptr<EVP_ENCODE_CTX, decltype(&EVP_ENCODE_CTX_free)> context(EVP_ENCODE_CTX_new(),
                                                                                EVP_ENCODE_CTX_free);
  if (!context) throw std::bad_alloc();
  EVP_DecodeInit(context.get());
  std::string out(text.size() / 4 * 3 + 3, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  int written = 0, rest = 0;
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DecodeUpdate(context.get(), bytes, &written, in, static_cast<int>(text.size())) < 0) return std::nullopt;
  if (EVP_DecodeFinal(context.get(), bytes + written, &rest) < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(written) + static_cast<std::size_t>(rest));
  return out;
}

}  // namespace holdfast::kube
