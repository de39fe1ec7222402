// What the calls, lanes and streams of one client share: the queue, who is under way, and how it all ends.
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
#include "src/net/client_connection.hpp"
#include "src/net/client_gate.hpp"

namespace holdfast::net {

class Lane;
class LiveStream;

/// A call on its way.
struct Exchange {
  Exchange(boost::asio::io_context& context, Connection::Clock::time_point until) : deadline(until), timer(context) {}

  const Connection::Clock::time_point deadline;
  std::string request{};
  bool to_head = false;
  std::function<void(CallResult)> done{};
  boost::asio::steady_timer timer;  ///< the deadline's
  std::weak_ptr<Lane> lane{};       ///< under the client's mutex; none: it waits for one
  std::atomic<bool> over = false;   ///< nobody waits for the answer any more
};
using ExchangePtr = std::shared_ptr<Exchange>;
using LanePtr = std::shared_ptr<Lane>;
using StreamPtr = std::shared_ptr<LiveStream>;

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(boost::asio::io_context& io, const Options& wanted, std::shared_ptr<const ClientTls> first_tls);

  void submit(const Call& call, std::function<void(CallResult)> done);
  /// Delivers the result, unless that has happened already.
  void finish(const ExchangePtr& exchange, CallResult result);

  /// The next call of the queue; null: there is none, and the lane is idle from now on.
  ExchangePtr next(const LanePtr& lane);
  /// The call that the lane was given at its birth or while it was idle, or one that waits; null: none, and the lane
  /// is out.
  ExchangePtr claim(const LanePtr& lane);

  std::unique_ptr<Client::Stream> start_stream(const Call& call, StreamCallbacks callbacks);
  void forget(const StreamPtr& stream);

  std::shared_ptr<const ClientTls> current_tls();
  void replace(std::shared_ptr<const ClientTls> tls);
  void shut();

  boost::asio::io_context& context;
  const Options options;
  const Peer peer;
  const std::string host;  ///< the Host header
  Gate gate;

 private:
  struct State {
    std::shared_ptr<const ClientTls> tls{};
    std::set<ExchangePtr> open{};  ///< not finished: in the queue or in a lane
    std::deque<ExchangePtr> queue{};
    std::set<LanePtr> lanes{};
    std::vector<LanePtr> idle{};  ///< the one that was used last comes last, and is used first
    std::set<StreamPtr> streams{};
    bool over = false;
  };

  void watch(const ExchangePtr& exchange);
  void expire(const ExchangePtr& exchange);
  std::function<void()> place(const ExchangePtr& exchange);
  bool take_out(const ExchangePtr& exchange);
  ExchangePtr take_first(const LanePtr& lane);
  LanePtr lane_of(const ExchangePtr& exchange);

  std::mutex mutex_;
  State state_;
};

}  // namespace holdfast::net
