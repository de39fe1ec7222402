#include "src/kube/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "holdfast/json/objects.hpp"
#include "src/kube/document.hpp"

namespace holdfast::kube {

namespace {

constexpr std::size_t kMostMessageBytes = 1024;
constexpr std::int64_t kMostRetryAfter = 3600;

/// Seconds only: the API server sends no dates.
std::int64_t seconds_of(std::string_view header) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), value);
  return error == std::errc{} && end == header.data() + header.size() ? value : 0;
}

bool is_object(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first != std::string_view::npos && text[first] == '{' && text[text.find_last_not_of(kSpace)] == '}';
}

bool is_json(const net::Reply& reply) {
  return reply.header("content-type").starts_with("application/json") && is_object(reply.body);
}

json::ApiStatus status_of(const net::Reply& reply) {
  if (!is_json(reply)) return {};
  const auto read = json::read_status(reply.body);
  const auto* status = std::get_if<json::ApiStatus>(&read);
  return status ? *status : json::ApiStatus{};
}

}  // namespace

ApiError no_answer(const std::string& message) { return {0, kNoAnswer, cut(message, kMostMessageBytes), std::nullopt}; }

ApiError error_of(const net::Reply& reply) {
  const json::ApiStatus status = status_of(reply);
  ApiError error;
  error.code = reply.status;
  error.reason = status.reason.empty() ? fmt::format("Http{}", reply.status) : status.reason;
  error.message = status.message.empty() ? fmt::format("status {} without an explanation", reply.status)
                                         : cut(status.message, kMostMessageBytes);
  std::int64_t wait = seconds_of(reply.header("retry-after"));
  if (wait <= 0) wait = status.retry_after_seconds;
  if (wait > 0) error.retry_after = std::chrono::seconds(std::min(wait, kMostRetryAfter));
  return error;
}

Result result_of(net::CallResult answer) {
  if (const auto* failure = std::get_if<net::CallFailure>(&answer)) {
    ApiError error = no_answer(failure->text);
    if (failure->why == net::CallFailure::Why::TooLarge) error.reason = kTooLarge;
    return error;
  }
  net::Reply& reply = std::get<net::Reply>(answer);
  if (reply.status < 200 || reply.status > 299) return error_of(reply);
  if (!is_json(reply)) {
    return ApiError{0, kNotJson, fmt::format("status {}, but the body is no JSON object", reply.status), std::nullopt};
  }
  return std::move(reply.body);
}

}  // namespace holdfast::kube
