#include "src/net/client/client_message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "src/net/message_parser.hpp"

namespace holdfast::net {

namespace http = boost::beast::http;

namespace {

constexpr int kSwitchingProtocols = 101;

using Error = boost::beast::error_code;
using Text = boost::beast::string_view;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower_case(Text text) {
  std::string lower(text.size(), '\0');
  std::transform(text.begin(), text.end(), lower.begin(), to_lower);
  return lower;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_word(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

bool is_name(const std::string& text) { return is_word(text) && text.find(':') == std::string::npos; }

bool is_value(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; });
}

bool is_sendable(const Call& call) {
  return is_word(call.method) && is_word(call.target) &&
         std::all_of(call.headers.begin(), call.headers.end(),
                     [](const auto& header) { return is_name(header.first) && is_value(header.second); });
}

/// A body is expected with these, so that none is said to be one of no bytes (RFC 9110, section 8.6).
bool announces_body(const Call& call) {
  return !call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
}

}  // namespace

std::optional<std::string> request_bytes(const Call& call, const std::string& host) {
  if (!is_sendable(call)) return std::nullopt;
  std::string bytes;
  bytes.reserve(512 + call.body.size());
  bytes.append(call.method).append(" ").append(call.target).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  for (const auto& [name, value] : call.headers) bytes.append(name).append(": ").append(value).append("\r\n");
  if (announces_body(call)) bytes.append("Content-Length: ").append(std::to_string(call.body.size())).append("\r\n");
  return bytes.append("\r\n").append(call.body);
}

class ReplyParser::Message : public MessageParser<false> {
 public:
  Message(const Options& options, Reply& reply) : MessageParser(options.header_bytes, reply.body), reply_(reply) {
    skip(options.to_head);
    if (options.body_bytes)
      body_limit(*options.body_bytes);
    else
      body_limit(boost::none);
  }

  /// Anything but a final answer.
  bool is_informational() const { return reply_.status < 200 && reply_.status != kSwitchingProtocols; }

 private:
  void on_response_impl(int status, Text, int, Error&) override { reply_.status = status; }
  void on_field_impl(Field field, Text name, Text value, Error& error) override {
    if (is_header_done()) return;  // behind a chunked body: may not change what was read before
    if (field == Field::transfer_encoding && !is_chunked(value)) {
      error = http::error::bad_transfer_encoding;
      return;
    }
    reply_.headers.emplace_back(lower_case(name), std::string(value.data(), value.size()));
  }

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
  Error error;
  bytes.remove_prefix(message_->take(bytes, error));
  if (!error) return message_->is_done() ? State::Complete : State::NeedsMore;
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
