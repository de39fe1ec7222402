#include "holdfast/net/client.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "holdfast/net/url.hpp"
#include "src/net/client/client_impl.hpp"
#include "src/net/client/client_message.hpp"
#include "src/net/client/client_stream.hpp"
#include "src/net/client/pooled_connection.hpp"
#include "src/net/loop.hpp"

namespace holdfast::net {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::string host_header(const Client::Options& options, bool with_tls) {
  std::string text = address_text(options.host, options.port);
  if (options.port != (with_tls ? kHttpsPort : kHttpPort)) return text;
  return text.substr(0, text.rfind(':'));
}

CallFailure cancelled() { return {CallFailure::Why::Cancelled, "the client has ended"}; }

}  // namespace

Client::Impl::Impl(boost::asio::io_context& io, const Options& wanted, std::shared_ptr<const ClientTls> first_tls)
    : context(io),
      options(wanted),
      peer{wanted.host, wanted.port, address_text(wanted.host, wanted.port), wanted.connect},
      host(host_header(wanted, first_tls != nullptr)) {
  state_.tls = std::move(first_tls);
}

void Client::Impl::submit(const Call& call, std::function<void(CallResult)> done) {
  auto request = request_bytes(call, host);
  const auto exchange = std::make_shared<Exchange>(context, call.deadline);
  exchange->request = request.value_or("");
  exchange->to_head = call.method == "HEAD";
  exchange->done = std::move(done);
  std::function<void()> begin;
  {
    const std::lock_guard lock(mutex_);
    if (!state_.over) {
      state_.open.insert(exchange);
      watch(exchange);
      begin = request ? place(exchange) : [self = shared_from_this(), exchange] {
        self->finish(exchange, CallFailure{CallFailure::Why::Malformed,
                                           "the request to " + self->peer.address + " holds control characters"});
      };
    }
  }
  if (!begin) return exchange->done(cancelled());
  boost::asio::post(context, std::move(begin));
}

/// Gives it to a pooled or puts it in the queue; what is returned, to be run on the loop, gets it going. With the
/// mutex.
std::function<void()> Client::Impl::place(const ExchangePtr& exchange) {
  PooledPtr pooled;
  bool is_new = false;
  if (!state_.idle.empty()) {
    pooled = std::move(state_.idle.back());
    state_.idle.pop_back();
  } else if (state_.pool.size() < std::max<std::size_t>(options.connections, 1)) {
    pooled = std::make_shared<PooledConnection>(shared_from_this());
    is_new = true;
    state_.pool.insert(pooled);
  } else {
    state_.queue.push_back(exchange);
    return [] {};
  }
  pooled->given = exchange;
  exchange->pooled = pooled;
  return [pooled, is_new] { is_new ? pooled->start() : pooled->wake(); };
}

// With the mutex, as all of the timer's methods.
void Client::Impl::watch(const ExchangePtr& exchange) {
  exchange->timer.expires_at(exchange->deadline);
  exchange->timer.async_wait([self = shared_from_this(), exchange](boost::system::error_code error) {
    if (!error) self->expire(exchange);
  });
}

void Client::Impl::expire(const ExchangePtr& exchange) {
  const bool waits = !pooled_of(exchange);
  finish(exchange, CallFailure{CallFailure::Why::Timeout, waits ? "no free connection to " + peer.address + " in time"
                                                                : peer.address + " has not answered in time"});
  // Asked once more: a pooled may have taken it in the meantime.
  if (const PooledPtr pooled = pooled_of(exchange)) pooled->abandon(exchange);
}

PooledPtr Client::Impl::pooled_of(const ExchangePtr& exchange) {
  const std::lock_guard lock(mutex_);
  return exchange->pooled.lock();
}

bool Client::Impl::take_out(const ExchangePtr& exchange) {
  const std::lock_guard lock(mutex_);
  if (state_.open.erase(exchange) == 0) return false;
  exchange->timer.cancel();
  exchange->over = true;
  if (!exchange->pooled.lock()) std::erase(state_.queue, exchange);
  return true;
}

void Client::Impl::finish(const ExchangePtr& exchange, CallResult result) {
  guard.pass([&] {
    if (!take_out(exchange)) return;
    const auto done = std::exchange(exchange->done, nullptr);
    done(std::move(result));
  });
}

ExchangePtr Client::Impl::next(const PooledPtr& pooled) {
  const std::lock_guard lock(mutex_);
  ExchangePtr exchange = take_first(pooled);
  if (!exchange && !state_.over) state_.idle.push_back(pooled);
  return exchange;
}

/// With the mutex.
ExchangePtr Client::Impl::take_first(const PooledPtr& pooled) {
  if (state_.queue.empty()) return nullptr;
  ExchangePtr exchange = std::move(state_.queue.front());
  state_.queue.pop_front();
  exchange->pooled = pooled;
  return exchange;
}

ExchangePtr Client::Impl::claim(const PooledPtr& pooled) {
  const std::lock_guard lock(mutex_);
  if (pooled->given) return std::exchange(pooled->given, nullptr);
  std::erase(state_.idle, pooled);
  // After replace() it was neither idle nor out: calls of that time are in the queue.
  if (ExchangePtr exchange = take_first(pooled)) return exchange;
  state_.pool.erase(pooled);
  return nullptr;
}

std::unique_ptr<Client::Stream> Client::Impl::start_stream(const Call& call, StreamCallbacks callbacks) {
  const auto stream = std::make_shared<LiveStream>(shared_from_this(), call, std::move(callbacks));
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    refused = state_.over;
    if (!refused) state_.streams.insert(stream);
  }
  if (refused) {
    stream->end_by_client();
  } else {
    stream->start();
  }
  return LiveStream::handle(stream);
}

void Client::Impl::forget(const StreamPtr& stream) {
  const std::lock_guard lock(mutex_);
  state_.streams.erase(stream);
}

std::shared_ptr<const ClientTls> Client::Impl::current_tls() {
  const std::lock_guard lock(mutex_);
  return state_.tls;
}

void Client::Impl::replace(std::shared_ptr<const ClientTls> tls) {
  std::vector<PooledPtr> idle;
  const std::lock_guard lock(mutex_);
  state_.tls = std::move(tls);
  // Woken without a call, they are out.
  idle.swap(state_.idle);
  for (const auto& pooled : idle) pooled->wake();
}

// After the guard is closed nothing is finished on the loop any more: what is open is ours.
void Client::Impl::shut() {
  guard.close();
  State ended;
  {
    const std::lock_guard lock(mutex_);
    ended = std::exchange(state_, State{.over = true});
    for (const auto& exchange : ended.open) {
      exchange->timer.cancel();
      exchange->over = true;
    }
  }
  for (const auto& pooled : ended.pool) pooled->stop();
  for (const auto& exchange : ended.open) std::exchange(exchange->done, nullptr)(cancelled());
  for (const auto& stream : ended.streams) stream->end_by_client();
}

Client::Client(Loop& loop, const Options& options, std::shared_ptr<const ClientTls> tls)
    : impl_(std::make_shared<Impl>(loop.impl().context, options, std::move(tls))) {}

Client::~Client() { impl_->shut(); }

void Client::send(const Call& call, std::function<void(CallResult)> done) { impl_->submit(call, std::move(done)); }

std::unique_ptr<Client::Stream> Client::stream(const Call& call, StreamCallbacks callbacks) {
  return impl_->start_stream(call, std::move(callbacks));
}

void Client::replace_tls(std::shared_ptr<const ClientTls> tls) { impl_->replace(std::move(tls)); }

}  // namespace holdfast::net
