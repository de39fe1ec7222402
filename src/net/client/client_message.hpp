// A Call as bytes for the wire, and its answer as it arrives.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/net/client.hpp"

namespace holdfast::net {

/// nullopt: the call holds a character that would end a line or a field too early. Pure; any thread.
std::optional<std::string> request_bytes(const Call& call, const std::string& host);

/// Belongs to one exchange.
class ReplyParser {
 public:
  struct Options {
    bool to_head = false;  ///< the request was a HEAD: a length announces no body
    std::size_t header_bytes = 64 * 1024;
    std::optional<std::size_t> body_bytes{};  ///< none: endless, the caller takes reply().body away as it comes
  };
  enum class State { NeedsMore, Complete, Faulty };

  explicit ReplyParser(const Options& options);
  ~ReplyParser();

  State put(std::string_view bytes);
  /// The peer ended the connection in good order. Where the answer has no other end that completes it; else NeedsMore.
  State end();

  bool has_head() const;
  /// Status and headers are complete after the head, the body is what has arrived of it. Informational answers (1xx)
  /// never show.
  Reply& reply() { return reply_; }
  /// After Complete: the connection may be used once more.
  bool keep_alive() const;
  /// After Faulty; its text holds nothing of the answer.
  CallFailure failure(const std::string& address) const;

 private:
  class Message;
  State feed(std::string_view& bytes);
  State fail(CallFailure::Why why, std::string problem);
  void begin();

  const Options options_;
  Reply reply_;
  CallFailure::Why why_ = CallFailure::Why::Malformed;
  std::string problem_;
  std::string rest_;  ///< what the parser wants to see again with more behind it
  std::unique_ptr<Message> message_;
};

}  // namespace holdfast::net
