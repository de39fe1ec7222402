// One request as it arrives, and what a handler needs of it.
// Belongs to one session and one request.
#pragma once

#include <cstddef>
#include <string>

#include "holdfast/net/http.hpp"
#include "holdfast/net/server.hpp"
#include "src/net/message_parser.hpp"

namespace holdfast::net {

class RequestParser : private MessageParser<true> {
 public:
  /// Why a request is not taken, as the client gets to see it.
  struct Fault {
    int status = 400;
    std::string text;
  };
  enum class State { NeedsMore, Complete, Faulty };

  explicit RequestParser(const Limits& limits);

  /// Takes the next bytes and removes from `size` what is left over for the next request or the next call.
  State put(const char* data, std::size_t size, std::size_t& consumed);

  using basic_parser::is_header_done;
  bool keep_alive() const { return is_header_done() && basic_parser::keep_alive(); }
  bool expects_continue() const { return expects_continue_; }
  bool is_http_1_0() const { return version_ == 10; }
  bool is_head() const { return is_head_; }

  /// There is no room for the body.
  void refuse_body() { fault_ = {503, "too many large bodies are under way\n"}; }
  const Fault& fault() const { return fault_; }
  Request& request() { return request_; }

 private:
  void reject(int status, std::string text, Error& error);
  void explain(const Error& error);

  void on_request_impl(Verb, Text method, Text target, int version, Error& error) override;
  void on_field_impl(Field name, Text, Text value, Error& error) override;
  void on_header_impl(Error& error) override;

  Request request_;
  Fault fault_;
  std::size_t body_limit_;
  int version_ = 0;
  bool expects_continue_ = false;
  bool has_host_ = false;
  bool is_head_ = false;
};

}  // namespace holdfast::net
