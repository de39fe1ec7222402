#include <algorithm>
#include <string>

#include "src/net/client/client_message.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;
using net::ReplyParser;

namespace {

constexpr std::size_t kBodyBytes = 256;

struct Outcome {
  ReplyParser::State state = ReplyParser::State::NeedsMore;
  net::Reply reply;
};

Outcome parse(std::string_view text, std::size_t largest, bool to_head) {
  ReplyParser parser({.to_head = to_head, .header_bytes = 1024, .body_bytes = kBodyBytes});
  Outcome out;
  while (out.state == ReplyParser::State::NeedsMore && !text.empty()) {
    out.state = parser.put(text.substr(0, largest));
    text.remove_prefix(std::min(largest, text.size()));
    fuzz::require(parser.reply().body.size() <= kBodyBytes, "a body is within its limit");
    if (parser.has_head())
      fuzz::require(parser.reply().status == 101 || parser.reply().status >= 200, "1xx never shows");
  }
  if (out.state == ReplyParser::State::NeedsMore) out.state = parser.end();
  if (out.state == ReplyParser::State::Faulty) fuzz::require_message(parser.failure("server:443").text);
  if (out.state == ReplyParser::State::Complete) {
    static_cast<void>(parser.keep_alive());
    out.reply = std::move(parser.reply());
  }
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t largest = 1 + input.choose(32);
  const bool to_head = input.choose(8) == 7;
  const Outcome whole = parse(input.text(), std::string_view::npos, to_head);
  const Outcome pieces = parse(input.text(), largest, to_head);
  if (whole.state != ReplyParser::State::Complete || pieces.state != ReplyParser::State::Complete) return 0;
  fuzz::require(pieces.reply.status == whole.reply.status && pieces.reply.body == whole.reply.body &&
                    pieces.reply.headers == whole.reply.headers,
                "an answer is the same however it arrives");
  fuzz::require(!to_head || whole.reply.body.empty(), "the answer to a HEAD has no body");
  return 0;
}
