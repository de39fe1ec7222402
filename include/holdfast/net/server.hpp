// HTTP/1.1 listeners: one with TLS for the webhook, one without for operations. They know nothing of PVCs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "holdfast/net/http.hpp"
#include "holdfast/net/tls.hpp"

namespace holdfast::net {

/// What one listener puts up with. Times are checked four times a second, so that no request costs a timer.
struct Limits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 3 * 1024 * 1024;
  /// A body beyond `small_body_bytes` counts, until its answer is there, against what all bodies may take; a quarter of
  /// that is for those without Listener::Options::body_mark. Where there is no room, the connection of another body
  /// that is still coming ends; where there is none, the answer is 503.
  std::size_t small_body_bytes = 16 * 1024;
  std::size_t all_bodies_bytes = 64 * 1024 * 1024;
  /// With so many, the next one ends another that waits for its peer: the oldest of the address that has most of them,
  /// those that have shown a certificate last. Three quarters of them may come from one address. Where all have a
  /// request at the handler, a connection gets one answer with Request::overloaded and is closed; above twice of it,
  /// closed at once.
  std::size_t connections = 1024;
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds header{10'000};  ///< from the first byte of a request to the end of its header
  std::chrono::milliseconds body{20'000};
  std::chrono::milliseconds idle{120'000};   ///< between requests
  std::chrono::milliseconds answer{35'000};  ///< handler, plus writing the answer; over it a 503
};

/// The threads that run all listeners. Construct first, destroy last. They block SIGPIPE; every other signal is the
/// process's to handle.
class Loop {
 public:
  explicit Loop(int threads);
  ~Loop();  ///< stops
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs `f`, which must not throw or block, on a loop thread, at the earliest after `delay`. Any thread. Not run if
  /// the loop stops before.
  void post(std::function<void()> f, std::chrono::milliseconds delay = {});
  /// After it returns nothing runs on the loop, and nothing will. Not for a loop thread, nor for two threads at once.
  void stop();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// One listening socket with its connections. Methods may be called from any thread.
class Listener {
 public:
  struct Options {
    std::string name;        ///< "webhook", "ops": for the log
    std::uint16_t port = 0;  ///< 0: a free one
    Limits limits{};
    std::string body_mark{};                 ///< what a body that is served contains near its beginning; empty: any
    std::shared_ptr<TlsSource> tls{};        ///< null: plain HTTP
    std::shared_ptr<ClientCheck> clients{};  ///< with TLS, null: whoever comes is served
  };

  /// Binds dual stack ([::], also IPv4; IPv4 alone where the machine has no IPv6) and starts to accept. Throws
  /// std::runtime_error naming the address when it cannot bind.
  Listener(Loop& loop, const Options& options, Handler handler);
  /// Ends what is still open. When it returns the port is free, no call of the handler is under way and none will come;
  /// a Respond that is called later does nothing. Not from a handler.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const;
  std::string address() const;  ///< "[::]:43117"
  std::size_t connections() const;

  /// From now on every answer says `Connection: close`, while new connections are still served. A client such as
  /// kube-apiserver does not retry a webhook call on a reset, so this must last until it has stopped to send.
  void announce_close();

  /// Stops accepting, closes idle connections, lets requests under way finish; returns when all are done or at the
  /// deadline. Blocks: not for a loop thread.
  void drain(std::chrono::steady_clock::time_point deadline);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::net
