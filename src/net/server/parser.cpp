#include "src/net/server/parser.hpp"

#include <fmt/format.h>

#include "holdfast/net/url.hpp"

namespace holdfast::net {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t kTargetLimit = 8 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RequestParser::RequestParser(const Limits& limits)
    : MessageParser(limits.header_bytes, request_.body), body_limit_(limits.body_bytes) {
  body_limit(limits.body_bytes);
}

RequestParser::State RequestParser::put(const char* data, std::size_t size, std::size_t& consumed) {
  Error error;
  consumed = take({data, size}, error);
  if (error) {
    explain(error);
    return State::Faulty;
  }
  return is_done() ? State::Complete : State::NeedsMore;
}

void RequestParser::reject(int status, std::string text, Error& error) {
  fault_ = {status, std::move(text)};
  error = http::error::bad_value;
}

void RequestParser::explain(const Error& error) {
  if (!fault_.text.empty()) return;
  if (error == http::error::header_limit) {
    fault_ = {431, "the request header is too large\n"};
  } else if (error == http::error::body_limit) {
    fault_ = {413, fmt::format("the body is larger than {} bytes\n", body_limit_)};
  } else {
    fault_ = {400, fmt::format("malformed request: {}\n", error.message())};
  }
}

void RequestParser::on_request_impl(Verb, Text method, Text target, int version, Error& error) {
  if (target.size() > kTargetLimit) return reject(414, "the request target is too long\n", error);
  auto parsed = read_target(view(target));
  if (!parsed) return reject(400, "malformed request: bad target\n", error);
  version_ = version;
  is_head_ = method == "HEAD";
  request_.method = view(method);
  request_.path = std::move(parsed->path);
  request_.query = std::move(parsed->query);
}

void RequestParser::on_field_impl(Field name, Text, Text value, Error& error) {
  // Fields after a chunked body come here too, and may not change what was read before.
  if (is_header_done()) return;
  switch (name) {
    case Field::content_type:
      request_.content_type = view(value);
      break;
    case Field::host:
      has_host_ = true;
      break;
    case Field::expect:
      expects_continue_ = boost::beast::iequals(value, "100-continue");
      break;
    case Field::transfer_encoding:
      if (!is_chunked(value)) reject(501, "unsupported transfer coding\n", error);
      break;
    default:
      break;
  }
}

void RequestParser::on_header_impl(Error& error) {
  if (version_ == 11 && !has_host_) reject(400, "malformed request: no Host\n", error);
}

}  // namespace holdfast::net
