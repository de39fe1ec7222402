// HTTP/1.1 as a client, with TLS or without: a pool of kept connections to one server. It knows nothing of Kubernetes,
// asks for no compression, follows no redirect, and pays no heed to proxy variables of the environment.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/net/server.hpp"

namespace holdfast::net {

/// How a client trusts its server and proves itself to it: TLS 1.2 and later. Immutable; any thread.
class ClientTls {
 public:
  struct Options {
    std::string ca_pem{};       ///< whatever is in it is trusted; empty: the system's own authorities
    std::string chain_pem{};    ///< client certificate; empty: none
    std::string key_pem{};      ///< its key
    std::string server_name{};  ///< what the server's certificate must be for: a DNS name or an address
    bool verify = true;         ///< false only where a person has written so
  };
  /// Throws std::runtime_error with what is wrong, and never with key material.
  static std::shared_ptr<const ClientTls> make(const Options& options);

  ~ClientTls();
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit ClientTls(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One request. Host, Content-Length and Connection are the client's own headers.
struct Call {
  std::string method = "GET";
  std::string target = "/";  ///< path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  /// For the whole exchange, waiting for a free connection included; of a stream: until the head of the answer.
  /// Not set: it is over at once.
  std::chrono::steady_clock::time_point deadline{};
};

struct Reply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers{};  ///< names in lower case
  std::string body{};

  /// The first header of this name (lower case); empty when absent.
  std::string_view header(std::string_view name) const;
};

/// No answer.
struct CallFailure {
  enum class Why {
    Connect,    ///< name or TCP
    Tls,        ///< handshake, trust, or the server's refusal of our certificate
    Timeout,    ///< the deadline
    Closed,     ///< by the server, or broken, before the end of the answer
    TooLarge,   ///< the answer
    Malformed,  ///< the answer is no HTTP; or the request holds control characters and was not sent
    Cancelled,  ///< the client has ended: it takes no more calls
  };
  Why why = Why::Closed;
  std::string text;  ///< for people; names the address; never a header or body
};

using CallResult = std::variant<Reply, CallFailure>;

/// Any thread. Callbacks run on a thread of the loop and must neither block nor throw; they may come before the call
/// that they belong to has returned. The loop outlives the client.
class Client {
 public:
  struct Options {
    std::string host{};  ///< a name or an address, without brackets
    std::uint16_t port = 443;
    std::size_t connections = 8;  ///< at most, without streams; more calls wait their turn in order
    std::size_t reply_bytes = 32 * 1024 * 1024;
    std::chrono::milliseconds connect{10'000};  ///< name, TCP and TLS together
    std::chrono::milliseconds idle{60'000};     ///< a kept connection is not used after this
  };

  /// `tls` null: plain HTTP.
  Client(Loop& loop, const Options& options, std::shared_ptr<const ClientTls> tls);
  /// What is under way ends with Cancelled, told by this thread; when it returns no callback is under way (but the one
  /// that it was called from) and none will come. Not from a callback, unless the loop has one thread.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// `done` is called exactly once. A kept connection that the server had closed already is replaced once, without a
  /// word, when not a byte of the answer had come: all our calls may be repeated.
  void send(const Call& call, std::function<void(CallResult)> done);

  /// The answer as it comes, on a connection of its own. Callbacks come one at a time: `head` at most once, then `data`
  /// (only of a 2xx answer; other bodies, up to 64 KiB, are in Reply::body of the head), at last `end` exactly once
  /// with what broke it off, or an empty text where the server ended it.
  struct StreamCallbacks {
    std::function<void(const Reply& head)> head;
    std::function<void(std::string_view data)> data;
    std::function<void(std::string problem)> end;
  };
  class Stream {
   public:
    virtual ~Stream() = default;  ///< as cancel()
    /// Ends it; no callback begins after this returns, but on a loop of several threads one may still be under way.
    virtual void cancel() = 0;
  };
  std::unique_ptr<Stream> stream(const Call& call, StreamCallbacks callbacks);

  /// From now on new connections use this (a rotated client certificate); kept ones are dropped when they are next
  /// free.
  void replace_tls(std::shared_ptr<const ClientTls> tls);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::net
