// What all sessions of one listener share: limits, handler, flags and the table of themselves.
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
#include "src/net/server/connection_table.hpp"

namespace holdfast::net {

/// The sessions that exist, and which of them has to make room: ConnectionTable, for any thread.
class Roster {
 public:
  explicit Roster(const Limits& limits);

  /// Whether one more from `source` is served; ends another one where that makes room.
  ConnectionTable::Welcome make_room(const Source& source);
  void add(Session& session, const Source& source);
  void remove(Session& session);
  void certify(Session& session);
  void renew(Session& session);
  bool begin_work(Session& session);
  void end_work(Session& session);
  /// Whether the body of its request may take so much. Ends others where that makes room.
  bool grow_body(Session& session, std::size_t bytes, bool expected);
  std::size_t size() const;
  std::vector<std::shared_ptr<Session>> all() const;
  /// Those whose deadline is over at `now`.
  std::vector<std::shared_ptr<Session>> late(std::chrono::steady_clock::time_point now) const;
  void wait_until_empty(std::chrono::steady_clock::time_point deadline);

 private:
  /// Its shared pointer, for the use outside of the lock; the lock is held.
  static std::shared_ptr<Session> alive(Session* session);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_set<Session*> sessions_;  ///< those that the table has ended are there until they are gone
  ConnectionTable table_;
};

class Service {
 public:
  Service(Listener::Options options, Handler handler)
      : limits(options.limits),
        body_mark(std::move(options.body_mark)),
        roster(options.limits),
        tls(std::move(options.tls)),
        clients(std::move(options.clients)),
        handler_(std::move(handler)) {}

  const Limits limits;
  const std::string body_mark;
  Roster roster;
  const std::shared_ptr<TlsSource> tls;        ///< null: plain
  const std::shared_ptr<ClientCheck> clients;  ///< null: whoever comes
  std::atomic<bool> closing{false};            ///< every answer is its connection's last
  std::atomic<bool> draining{false};           ///< idle connections end
  std::atomic<bool> stopped{false};            ///< nobody is served any more

  /// Calls the handler. What it throws becomes the 500 of a Respond that is destroyed uncalled.
  void handle(Request request, Respond respond);

  /// After it returns the handler is gone, no call is under way and none will begin.
  void stop();

 private:
  std::shared_mutex gate_;  ///< held shared while the handler runs
  Handler handler_;
};

}  // namespace holdfast::net
