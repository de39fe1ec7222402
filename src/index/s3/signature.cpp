#include "src/index/s3/signature.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "holdfast/base/text.hpp"

namespace holdfast::index {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string_view view(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return std::string(view(digest.data(), size));
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), digest.data(), &size)) {
    throw std::runtime_error("HMAC-SHA-256 failed");
  }
  return std::string(view(digest.data(), size));
}

/// In the order of the encoded names, then values.
std::string canonical_query(const Fields& query) {
  Fields encoded;
  for (const auto& [name, value] : query)
    encoded.emplace_back(base::percent_encoded(name), base::percent_encoded(value));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

/// Both lists of headers: with values, and the names alone.
struct CanonicalHeaders {
  std::string lines;
  std::string names;
};

CanonicalHeaders canonical_headers(Fields headers) {
  std::sort(headers.begin(), headers.end());
  CanonicalHeaders canonical;
  for (const auto& [name, value] : headers) {
    canonical.lines += fmt::format("{}:{}\n", name, value);
    canonical.names += (canonical.names.empty() ? "" : ";") + name;
  }
  return canonical;
}

std::string signing_key(const S3Credentials& credentials, std::string_view day, const SigningScope& scope) {
  const std::string dated = hmac("AWS4" + credentials.secret_key, day);
  return hmac(hmac(hmac(dated, scope.region), scope.service), "aws4_request");
}

}  // namespace

std::string canonical_target(const S3Request& request) {
  const std::string query = canonical_query(request.query);
  return base::percent_encoded(request.path, "/") + (query.empty() ? "" : "?" + query);
}

void sign(S3Request& request, const S3Credentials& credentials, const SigningScope& scope, core::Time now) {
  const std::string moment =
      fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(
                                           std::chrono::time_point_cast<std::chrono::system_clock::duration>(now))));
  const std::string day = moment.substr(0, 8);
  request.headers.emplace_back("x-amz-date", moment);
  if (!credentials.session_token.empty()) {
    request.headers.emplace_back("x-amz-security-token", credentials.session_token);
  }
  const CanonicalHeaders headers = canonical_headers(request.headers);
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, base::percent_encoded(request.path, "/"),
                  canonical_query(request.query), headers.lines, headers.names, empty_body_hash().second);
  const std::string valid_for = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, moment, valid_for, base::hex(sha256(canonical)));
  request.headers.emplace_back(
      "authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key, valid_for,
                  headers.names, base::hex(hmac(signing_key(credentials, day, scope), to_sign))));
}

std::pair<std::string, std::string> empty_body_hash() { return {"x-amz-content-sha256", base::hex(sha256(""))}; }

}  // namespace holdfast::index
