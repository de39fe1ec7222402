#include "src/net/client/client_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "src/net/server/last_chunk.hpp"

namespace holdfast::net {

namespace http = boost::beast::http;

namespace {

constexpr std::uint64_t kReserveLimit = 64 * 1024;  // memory follows what has arrived, not what was announced
constexpr int kSwitchingProtocols = 101;

using Error = boost::beast::error_code;
using Text = boost::beast::string_view;
using Field = http::field;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(Text text) {
  std::string lower(text.size(), '\0');
  std::transform(text.begin(), text.end(), lower.begin(), to_lower);
  return lower;
}

}  // namespace

class ReplyParser::Message : public http::basic_parser<false> {
 public:
  Message(const Options& options, Reply& reply) : reply_(reply) {
    eager(true);
    skip(options.to_head);
    header_limit(static_cast<std::uint32_t>(options.header_bytes));
    if (options.body_bytes) {
      body_limit(*options.body_bytes);
    } else {
      body_limit(boost::none);
    }
  }

  /// Anything but a final answer.
  bool is_informational() const { return reply_.status < 200 && reply_.status != kSwitchingProtocols; }

 private:
  void on_request_impl(http::verb, Text, Text, int, Error&) override {}
  void on_response_impl(int status, Text, int, Error&) override { reply_.status = status; }
  void on_field_impl(Field field, Text name, Text value, Error& error) override {
    if (is_header_done()) return;  // behind a chunked body: may not change what was read before
    // With any other coding it is unknown where the answer ends.
    if (field == Field::transfer_encoding && !boost::beast::iequals(value, "chunked")) {
      error = http::error::bad_transfer_encoding;
      return;
    }
    reply_.headers.emplace_back(lower_case(name), std::string(value.data(), value.size()));
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Error&) override {
    if (size) reply_.body.reserve(static_cast<std::size_t>(std::min(*size, kReserveLimit)));
  }
  std::size_t on_body_impl(Text body, Error&) override {
    reply_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error&) override {
    reply_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(Error&) override {}

  Reply& reply_;
};

std::string_view Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

ReplyParser::ReplyParser(const Options& options) : options_(options) { begin(); }
ReplyParser::~ReplyParser() = default;

void ReplyParser::begin() {
  reply_ = {};
  message_ = std::make_unique<Message>(options_, reply_);
}

bool ReplyParser::has_head() const { return message_->is_header_done() && !message_->is_informational(); }

bool ReplyParser::keep_alive() const { return message_->keep_alive() && rest_.empty(); }

ReplyParser::State ReplyParser::put(std::string_view bytes) {
  if (!rest_.empty()) {
    rest_.append(bytes);
    bytes = rest_;
  }
  State state = feed(bytes);
  while (state == State::Complete && message_->is_informational()) {
    begin();
    state = bytes.empty() ? State::NeedsMore : feed(bytes);
  }
  rest_ = std::string(bytes);
  // The parser's own limit does not reach a chunk's header or what follows the last chunk.
  if (rest_.size() > options_.header_bytes) return fail(CallFailure::Why::TooLarge, "a line of it has no end");
  return state;
}

ReplyParser::State ReplyParser::feed(std::string_view& bytes) {
  if (message_->is_header_done() && message_->chunked() && is_torn_last_chunk(bytes)) return State::NeedsMore;
  Error error;
  bytes.remove_prefix(message_->put(boost::asio::buffer(bytes.data(), bytes.size()), error));
  if (!error || error == http::error::need_more) return message_->is_done() ? State::Complete : State::NeedsMore;
  if (error == http::error::header_limit) {
    return fail(CallFailure::Why::TooLarge, fmt::format("its header is larger than {} bytes", options_.header_bytes));
  }
  if (error == http::error::body_limit) {
    return fail(CallFailure::Why::TooLarge, fmt::format("it is larger than {} bytes", *options_.body_bytes));
  }
  return fail(CallFailure::Why::Malformed, error.message());
}

ReplyParser::State ReplyParser::end() {
  if (!has_head()) return State::NeedsMore;
  Error error;
  message_->put_eof(error);
  return error ? State::NeedsMore : State::Complete;
}

CallFailure ReplyParser::failure(const std::string& address) const {
  return {why_, "the answer of " + address + " cannot be used: " + problem_};
}

ReplyParser::State ReplyParser::fail(CallFailure::Why why, std::string problem) {
  why_ = why;
  problem_ = std::move(problem);
  return State::Faulty;
}

}  // namespace holdfast::net
