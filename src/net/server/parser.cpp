#include "src/net/server/parser.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "src/net/server/last_chunk.hpp"
#include "src/net/url.hpp"

namespace holdfast::net {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t kTargetLimit = 8 * 1024;
// A declared length is only a promise of the client's: memory follows what has arrived.
constexpr std::uint64_t kReserveLimit = 64 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RequestParser::RequestParser(const Limits& limits) : body_limit_(limits.body_bytes) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  body_limit(limits.body_bytes);
}

RequestParser::State RequestParser::put(const char* data, std::size_t size, std::size_t& consumed) {
  consumed = 0;
  if (is_header_done() && chunked() && is_torn_last_chunk({data, size})) return State::NeedsMore;
  Error error;
  consumed = basic_parser::put(boost::asio::buffer(data, size), error);
  if (error && error != http::error::need_more) {
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
      // With any other coding, two readers of the same bytes may disagree on where the request ends.
      if (!boost::beast::iequals(value, "chunked")) reject(501, "unsupported transfer coding\n", error);
      break;
    default:
      break;
  }
}

void RequestParser::on_header_impl(Error& error) {
  if (version_ == 11 && !has_host_) reject(400, "malformed request: no Host\n", error);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& size, Error&) {
  if (size) request_.body.reserve(static_cast<std::size_t>(std::min(*size, kReserveLimit)));
}

std::size_t RequestParser::on_body_impl(Text body, Error&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Error&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace holdfast::net
