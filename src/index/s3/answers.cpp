#include "src/index/s3/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "holdfast/base/text.hpp"
#include "src/index/s3/xml.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostKeys = 10'000;  ///< of a page; servers send 1,000
constexpr std::size_t kMostErrorBytes = 64 * 1024;
constexpr std::size_t kMostWord = 64;

bool is_word_letter(char c) { return base::is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; }

std::string word(std::string_view text) {
  std::string out(text.substr(0, kMostWord));
  std::erase_if(out, [](char c) { return !is_word_letter(c); });
  return out;
}

/// "Sat, 21 Nov 2026 15:00:00 GMT"
std::string date(std::string_view text) {
  std::string out(text.substr(0, kMostWord));
  std::erase_if(out, [](char c) { return !is_word_letter(c) && c != ' ' && c != ',' && c != ':'; });
  return out;
}

bool any_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

std::runtime_error no_list(std::string_view why) {
  return std::runtime_error(fmt::format("the list of objects cannot be read: {}", why));
}

std::string words(const S3Error& error) {
  return error.code.empty() ? std::to_string(error.status) : fmt::format("{} {}", error.status, error.code);
}

bool is_wrong_region(const S3Error& error) {
  return error.status == 301 || error.status == 302 || error.status == 307 || error.status == 308 ||
         any_of(error.code, {"AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect",
                             "IllegalLocationConstraintException"});
}

/// The second is versitygw's word for the first.
bool is_unknown_key(const S3Error& error) { return any_of(error.code, {"InvalidAccessKeyId", "XAdminUserNotFound"}); }

bool is_bad_token(const S3Error& error) {
  return any_of(error.code, {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"});
}

bool is_refusal(const S3Error& error) {
  return error.status == 401 || error.status == 403 || is_unknown_key(error) || is_bad_token(error);
}

std::string explain_region(const S3Error& error, const S3Address& address) {
  const std::string where = error.region.empty() || error.region == address.region ? "another region or endpoint"
                                                                                   : "the region " + error.region;
  return fmt::format("the bucket {} belongs to {}, not to {} at {} ({}); set index.s3.region and index.s3.endpoint",
                     address.bucket, where, address.region, address.endpoint, words(error));
}

std::string explain_clock(const S3Error& error, const S3Address& address, core::Time now) {
  return fmt::format("the clocks of this machine ({}) and of {} ({}) are too far apart ({}); set the wrong one right",
                     core::format_seconds(now), address.endpoint, error.date.empty() ? "not told" : error.date,
                     words(error));
}

std::string explain_refusal(const S3Error& error, const S3Address& address) {
  constexpr std::string_view kKeys = "index.s3.accessKeyFile, index.s3.secretKeyFile";
  if (is_unknown_key(error) || error.code == "SignatureDoesNotMatch") {
    return fmt::format("{} does not take the keys ({}); see {}", address.endpoint, words(error), kKeys);
  }
  if (is_bad_token(error)) {
    return fmt::format("{} does not take the session token ({}); see index.s3.sessionTokenFile", address.endpoint,
                       words(error));
  }
  return fmt::format("{} does not let these keys read {} ({}); they need ListBucket and GetObject", address.endpoint,
                     address.place(), words(error));
}

}  // namespace

ListPage read_list_page(std::string_view xml) {
  ListPage page;
  std::string truncated;
  bool is_list = false, too_many = false;
  const auto problem = read_xml(xml, [&](std::string_view path, std::string_view text) {
    if (path == "ListBucketResult/Contents/Key") {
      if (page.keys.size() == kMostKeys) too_many = true;
      if (!too_many) page.keys.emplace_back(text);
    }
    if (path == "ListBucketResult/IsTruncated") truncated = text;
    if (path == "ListBucketResult/NextContinuationToken") page.continuation = text;
    if (path == "ListBucketResult") is_list = true;
  });
  if (problem) throw no_list(*problem);
  if (!is_list) throw no_list("it is no ListBucketResult");
  if (too_many) throw no_list(fmt::format("a page of more than {} keys", kMostKeys));
  if (truncated != "true" && truncated != "false") throw no_list("it does not say whether it is complete");
  if (truncated == "false") page.continuation.clear();
  if (truncated == "true" && page.continuation.empty()) throw no_list("it is cut off and does not say how to go on");
  return page;
}

S3Error read_error(const net::Reply& reply) {
  S3Error error{reply.status, {}, word(reply.header("x-amz-bucket-region")), date(reply.header("date"))};
  const auto take = [&error](std::string_view path, std::string_view text) {
    if (path == "Error/Code") error.code = word(text);
    if (path == "Error/Region" && error.region.empty()) error.region = word(text);
  };
  // One that is no XML says nothing more; the status does.
  static_cast<void>(read_xml(reply.body, take, XmlLimits{.bytes = kMostErrorBytes}));
  return error;
}

bool is_passing(const S3Error& error) {
  constexpr std::array kPassing{429, 500, 502, 503, 504};
  return std::ranges::find(kPassing, error.status) != kPassing.end();
}

std::string explain(const S3Error& error, const S3Address& address, core::Time now) {
  if (error.code == "RequestTimeTooSkewed") return explain_clock(error, address, now);
  if (is_wrong_region(error)) return explain_region(error, address);
  if (error.code == "NoSuchBucket") {
    return fmt::format("{} has no bucket {} ({}); see index.s3.bucket", address.endpoint, address.bucket, words(error));
  }
  if (is_refusal(error)) return explain_refusal(error, address);
  if (is_passing(error)) {
    return fmt::format("{} cannot answer now ({}), also when asked again", address.endpoint, words(error));
  }
  return fmt::format("{} refuses to read {} ({})", address.endpoint, address.place(), words(error));
}

}  // namespace holdfast::index
