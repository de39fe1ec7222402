// A listener on a free port, with a loop of its own, as most tests want it.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/net/server.hpp"
#include "tests/unit/net/client.hpp"

namespace test {

using namespace std::chrono_literals;

/// "<method> <path> <query> <content type> <body>", and for a body over 100 bytes its size.
inline void echo(const holdfast::net::Request& request, const holdfast::net::Respond& respond) {
  const std::string body = request.body.size() > 100 ? std::to_string(request.body.size()) : request.body;
  respond(
      {.status = 200,
       .body = request.method + " " + request.path + " " + request.query + " " + request.content_type + " " + body});
}

/// Polls, because what another thread does next cannot be waited for otherwise; gives up after a minute.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return condition();
}

/// Keeps the Responds of a handler that does not answer by itself.
class Kept {
 public:
  holdfast::net::Handler handler() {
    return [this](const holdfast::net::Request&, holdfast::net::Respond respond) {
      const std::lock_guard lock(mutex_);
      kept_.push_back(std::move(respond));
    };
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  bool wait_for(std::size_t count) const {
    return eventually([&] { return size() >= count; });
  }
  /// Answers all of them, outside the lock.
  void answer(const holdfast::net::Response& response) {
    for (const auto& respond : take()) respond(response);
  }
  std::vector<holdfast::net::Respond> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(kept_, {});
  }

 private:
  mutable std::mutex mutex_;
  std::vector<holdfast::net::Respond> kept_;
};

struct Served {
  explicit Served(holdfast::net::Handler handler = echo, holdfast::net::Limits limits = {},
                  std::shared_ptr<holdfast::net::TlsSource> tls = nullptr)
      : loop(2), listener(loop, {.name = "test", .port = 0, .limits = limits, .tls = std::move(tls)}, handler) {}

  std::uint16_t port() const { return listener.port(); }
  Client client() const { return Client(port()); }

  holdfast::net::Loop loop;
  holdfast::net::Listener listener;
};

}  // namespace test
