// The two HTTP parsers on bytes that come in pieces of any size. What the listener and the client do with them is in
// exchange_test.cpp and client_test.cpp.
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

#include "src/net/client/client_message.hpp"
#include "src/net/server/parser.hpp"

using namespace holdfast::net;

namespace {

const std::string kBody = "Transfer-Encoding: chunked\r\n\r\n";

/// Bodies as they travel, and what they hold.
const std::vector<std::pair<std::string, std::string>> kChunked = {
    {"0\r\n\r\n", ""},  {"0\r\nX-Late: 1\r\n\r\n", ""},       {"3\r\nabc\r\n0\r\n\r\n", "abc"},
    {"00\r\n\r\n", ""}, {"3\r\n0\r\n\r\n0\r\n\r\n", "0\r\n"}, {"0;a=b\r\n\r\n", ""}};

/// Byte by byte, what was not taken being shown again with one more, as a session does it.
RequestParser::State dribble(RequestParser& parser, const std::string& text) {
  auto state = RequestParser::State::NeedsMore;
  std::size_t taken = 0;
  for (std::size_t shown = 1; shown <= text.size() && state == RequestParser::State::NeedsMore; ++shown) {
    std::size_t consumed = 0;
    state = parser.put(text.data() + taken, shown - taken, consumed);
    taken += consumed;
  }
  return state;
}

ReplyParser::State dribble(ReplyParser& parser, const std::string& text) {
  auto state = ReplyParser::State::NeedsMore;
  for (std::size_t i = 0; i < text.size() && state == ReplyParser::State::NeedsMore; ++i) {
    state = parser.put(std::string_view(text).substr(i, 1));
  }
  return state;
}

}  // namespace

TEST_CASE("parser: a chunked request that comes byte by byte is the same request") {
  const auto [chunks, body] = GENERATE(from_range(kChunked));
  RequestParser parser{Limits{}};
  const std::string head = "POST /a?b HTTP/1.1\r\nHost: h\r\n" + kBody;
  CHECK(dribble(parser, head + chunks) == RequestParser::State::Complete);
  CHECK(parser.request().path == "/a");
  CHECK(parser.request().body == body);
}

TEST_CASE("parser: a chunked answer that comes byte by byte is the same answer") {
  const auto [chunks, body] = GENERATE(from_range(kChunked));
  ReplyParser parser{{}};
  CHECK(dribble(parser, "HTTP/1.1 200 OK\r\n" + kBody + chunks) == ReplyParser::State::Complete);
  CHECK(parser.reply().status == 200);
  CHECK(parser.reply().body == body);
}

TEST_CASE("parser: a body that only looks like a last chunk is not held back") {
  ReplyParser answer{{}};
  CHECK(answer.put("HTTP/1.1 200 OK\r\n\r\n") == ReplyParser::State::NeedsMore);
  CHECK(answer.put("0\r\na") == ReplyParser::State::NeedsMore);
  CHECK(answer.end() == ReplyParser::State::Complete);
  CHECK(answer.reply().body == "0\r\na");

  RequestParser request{Limits{}};
  CHECK(dribble(request, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n0\r\na") ==
        RequestParser::State::Complete);
  CHECK(request.request().body == "0\r\na");
}
