#include <algorithm>
#include <string>

#include "holdfast/net/url.hpp"
#include "src/net/server/parser.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;
using net::RequestParser;

namespace {

constexpr std::size_t kHeaderBytes = 1024;
constexpr std::size_t kBodyBytes = 256;

net::Limits limits() {
  net::Limits limits;
  limits.header_bytes = kHeaderBytes;
  limits.body_bytes = kBodyBytes;
  return limits;
}

struct Outcome {
  RequestParser::State state = RequestParser::State::NeedsMore;
  std::size_t consumed = 0;
  net::Request request;
  int status = 0;
};

/// As a session does it: what the parser leaves is shown to it again, with more behind it.
Outcome parse(std::string_view text, std::size_t largest) {
  RequestParser parser(limits());
  Outcome out;
  std::size_t shown = 0;
  while (out.state == RequestParser::State::NeedsMore && shown < text.size()) {
    shown = std::min(text.size(), largest > text.size() - shown ? text.size() : shown + largest);
    std::size_t consumed = 0;
    out.state = parser.put(text.data() + out.consumed, shown - out.consumed, consumed);
    fuzz::require(consumed <= shown - out.consumed, "no more is taken than was shown");
    out.consumed += consumed;
    fuzz::require(parser.request().body.size() <= kBodyBytes, "a body is within its limit");
  }
  out.request = std::move(parser.request());
  out.status = out.state == RequestParser::State::Faulty ? parser.fault().status : 0;
  if (out.status != 0) fuzz::require(!parser.fault().text.empty(), "a fault says what is wrong");
  return out;
}

void check_complete(const net::Request& request) {
  fuzz::require(!request.method.empty(), "a request has a method");
  fuzz::require(request.path.size() <= 8 * 1024, "a path is within its limit");
  static_cast<void>(net::query_value(request.query, "timeout"));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t largest = 1 + input.choose(32);
  const Outcome whole = parse(input.text(), std::string_view::npos);
  const Outcome pieces = parse(input.text(), largest);
  const bool complete = whole.state == RequestParser::State::Complete;
  if (complete) check_complete(whole.request);
  if (!complete || pieces.state != RequestParser::State::Complete) return 0;
  fuzz::require(pieces.consumed == whole.consumed, "a request ends at the same byte however it arrives");
  fuzz::require(pieces.request.method == whole.request.method && pieces.request.path == whole.request.path &&
                    pieces.request.query == whole.request.query && pieces.request.body == whole.request.body &&
                    pieces.request.content_type == whole.request.content_type,
                "a request is the same however it arrives");
  return 0;
}
