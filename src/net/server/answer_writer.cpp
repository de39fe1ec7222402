#include "src/net/server/answer_writer.hpp"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <iterator>

namespace holdfast::net {

namespace {

std::string_view reason(int status) {
  const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(unsigned(status)));
  return {text.data(), text.size()};
}

bool never_has_body(int status) { return status == 204 || status == 304; }

}  // namespace

void append_answer(std::string& out, const Response& response, const AnswerForm& form) {
  const auto head = std::back_inserter(out);
  fmt::format_to(head, FMT_STRING("HTTP/1.1 {} {}\r\n"), response.status, reason(response.status));
  if (!never_has_body(response.status)) {
    fmt::format_to(head, FMT_STRING("Content-Type: {}\r\nContent-Length: {}\r\n"), response.content_type,
                   response.body.size());
  }
  if (!response.allow.empty()) fmt::format_to(head, FMT_STRING("Allow: {}\r\n"), response.allow);
  if (!form.keep_alive) {
    out += "Connection: close\r\n";
  } else if (form.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n";
  if (!form.without_body && !never_has_body(response.status)) out += response.body;
}

}  // namespace holdfast::net
