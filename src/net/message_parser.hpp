// What requests and answers have in common while they arrive: Beast's parser does the grammar and the limits, the body
// is collected. Belongs to one message.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::net {

template <bool IsRequest>
class MessageParser : public boost::beast::http::basic_parser<IsRequest> {
 public:
  using Error = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  /// How many of the bytes are used up. No error: there may be more to come.
  std::size_t take(std::string_view bytes, Error& error) {
    if (this->is_header_done() && this->chunked() && is_torn_last_chunk(bytes)) return 0;
    const std::size_t used = this->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error == boost::beast::http::error::need_more) error = {};
    return used;
  }

 protected:
  MessageParser(std::size_t header_bytes, std::string& body) : body_(body) {
    this->eager(true);
    this->header_limit(static_cast<std::uint32_t>(header_bytes));
  }

  // With any other coding, two readers of the same bytes may disagree on where the message ends.
  static bool is_chunked(Text coding) { return boost::beast::iequals(coding, "chunked"); }

 private:
  /// The last chunk of a body with one byte behind it. Beast (1.81, parse_chunk_header) takes for granted that it sees
  /// at least two when it comes back to a last chunk, and asserts it. Nothing is lost: one byte more always follows.
  static bool is_torn_last_chunk(std::string_view bytes) { return bytes.size() == 4 && bytes.starts_with("0\r\n"); }

  void on_request_impl(Verb, Text, Text, int, Error&) override {}
  void on_response_impl(int, Text, int, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Error&) override {
    // A declared length is only a promise: memory follows what has arrived.
    constexpr std::uint64_t kReserveLimit = 64 * 1024;
    if (size) body_.reserve(static_cast<std::size_t>(std::min(*size, kReserveLimit)));
  }
  std::size_t on_body_impl(Text body, Error&) override {
    body_.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Error& error) override { return on_body_impl(body, error); }
  void on_finish_impl(Error&) override {}

  std::string& body_;
};

}  // namespace holdfast::net
