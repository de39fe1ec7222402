// What the calls, pool and streams of one client share: the queue, who is under way, and how it all ends.
// Any thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "holdfast/net/client.hpp"
#include "src/net/client/callback_guard.hpp"
#include "src/net/client/client_connection.hpp"

namespace holdfast::net {

class PooledConnection;
class LiveStream;

/// A call on its way.
struct Exchange {
  Exchange(boost::asio::io_context& context, Connection::Clock::time_point until) : deadline(until), timer(context) {}

  const Connection::Clock::time_point deadline;
  std::string request{};
  bool to_head = false;
  std::function<void(CallResult)> done{};
  boost::asio::steady_timer timer;           ///< the deadline's
  std::weak_ptr<PooledConnection> pooled{};  ///< under the client's mutex; none: it waits for one
  std::atomic<bool> over = false;            ///< nobody waits for the answer any more
};
using ExchangePtr = std::shared_ptr<Exchange>;
using PooledPtr = std::shared_ptr<PooledConnection>;
using StreamPtr = std::shared_ptr<LiveStream>;

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(boost::asio::io_context& io, const Options& wanted, std::shared_ptr<const ClientTls> first_tls);

  void submit(const Call& call, std::function<void(CallResult)> done);
  /// Delivers the result, unless that has happened already.
  void finish(const ExchangePtr& exchange, CallResult result);

  /// The next call of the queue; null: there is none, and the pooled is idle from now on.
  ExchangePtr next(const PooledPtr& pooled);
  /// The call that the pooled was given at its birth or while it was idle, or one that waits; null: none, and the
  /// pooled is out.
  ExchangePtr claim(const PooledPtr& pooled);

  std::unique_ptr<Client::Stream> start_stream(const Call& call, StreamCallbacks callbacks);
  void forget(const StreamPtr& stream);

  std::shared_ptr<const ClientTls> current_tls();
  void replace(std::shared_ptr<const ClientTls> tls);
  void shut();

  boost::asio::io_context& context;
  const Options options;
  const Peer peer;
  const std::string host;  ///< the Host header
  CallbackGuard guard;

 private:
  struct State {
    std::shared_ptr<const ClientTls> tls{};
    std::set<ExchangePtr> open{};  ///< not finished: in the queue or in a pooled
    std::deque<ExchangePtr> queue{};
    std::set<PooledPtr> pool{};
    std::vector<PooledPtr> idle{};  ///< the one that was used last comes last, and is used first
    std::set<StreamPtr> streams{};
    bool over = false;
  };

  void watch(const ExchangePtr& exchange);
  void expire(const ExchangePtr& exchange);
  std::function<void()> place(const ExchangePtr& exchange);
  bool take_out(const ExchangePtr& exchange);
  ExchangePtr take_first(const PooledPtr& pooled);
  PooledPtr pooled_of(const ExchangePtr& exchange);

  std::mutex mutex_;
  State state_;
};

}  // namespace holdfast::net
