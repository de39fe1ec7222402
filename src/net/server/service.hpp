// What all sessions of one listener share: limits, handler, flags and the list of themselves.
// Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>
#include <vector>

#include "holdfast/net/server.hpp"

namespace holdfast::net {

class Session;

/// The sessions that exist.
class Roster {
 public:
  void add(Session& session);
  void remove(Session& session);
  std::size_t size() const;
  std::vector<std::shared_ptr<Session>> all() const;
  /// Those whose deadline is over at `now`.
  std::vector<std::shared_ptr<Session>> late(std::chrono::steady_clock::time_point now) const;
  void wait_until_empty(std::chrono::steady_clock::time_point deadline);

 private:
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_set<Session*> sessions_;
};

class Service {
 public:
  Service(Listener::Options options, Handler handler)
      : limits(options.limits),
        tls(std::move(options.tls)),
        clients(std::move(options.clients)),
        handler_(std::move(handler)) {}

  const Limits limits;
  const std::shared_ptr<TlsSource> tls;        ///< null: plain
  const std::shared_ptr<ClientCheck> clients;  ///< null: whoever comes
  std::atomic<bool> closing{false};            ///< every answer is its connection's last
  std::atomic<bool> draining{false};           ///< idle connections end
  std::atomic<bool> stopped{false};            ///< nobody is served any more
  Roster roster;

  /// Calls the handler. What it throws becomes the 500 of a Respond that is destroyed uncalled.
  void handle(Request request, Respond respond);

  /// After it returns the handler is gone, no call is under way and none will begin.
  void stop();

 private:
  std::shared_mutex gate_;  ///< held shared while the handler runs
  Handler handler_;
};

}  // namespace holdfast::net
