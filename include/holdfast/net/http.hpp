// Requests and answers between a listener and whoever serves its routes. No Asio, no Beast: cheap to include.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace holdfast::net {

struct Request {
  std::string method;        ///< "GET", "POST", …
  std::string path;          ///< percent-decoded, without the query, at most 8 KiB
  std::string query;         ///< raw, without '?'
  std::string content_type;  ///< as sent
  std::string body;
  std::chrono::steady_clock::time_point arrived;  ///< when its first byte was read
  /// The listener is over its limits: answer at once and cheaply.
  bool overloaded = false;
};

struct Response {
  int status = 500;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};
  bool close = false;   ///< end the connection after this answer
  std::string allow{};  ///< the Allow header of a 405
};

/// Must be called exactly once per request, from any thread; a second call does nothing. If it is destroyed uncalled,
/// the client gets a 500.
using Respond = std::function<void(Response)>;

/// Called on the listener's threads and must not block.
using Handler = std::function<void(Request, Respond)>;

}  // namespace holdfast::net
