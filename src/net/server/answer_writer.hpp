// A Response as bytes of HTTP/1.1.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/net/http.hpp"

namespace holdfast::net {

struct AnswerForm {
  bool keep_alive = true;
  bool http_1_0 = false;      ///< such a client has to be told when the connection stays
  bool without_body = false;  ///< the answer to a HEAD: Content-Length as it would be
};

void append_answer(std::string& out, const Response& response, const AnswerForm& form);

}  // namespace holdfast::net
