#include "src/net/client/client_connection.hpp"

#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "src/net/client/client_tls.hpp"

// gcc 12 miscompiles `co_await` behind && or || and in the condition of a loop: none is there in this file.

namespace holdfast::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<Connection::Strand>> kAwait;
constexpr std::size_t kPauseAfterBytes = 256 * 1024;

// A peer that is gone without a word, such as a node that lost power, is noticed within a minute.
constexpr int kKeepaliveIdle_s = 30;
constexpr int kKeepaliveInterval_s = 10;
constexpr int kKeepaliveProbes = 3;

template <int Name>
using TcpOption = asio::detail::socket_option::integer<IPPROTO_TCP, Name>;

template <class Socket>
void tune(Socket& socket) {
  boost::system::error_code ignored;  // a socket that fails here fails at its first use too
  socket.native_non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(TcpOption<TCP_KEEPIDLE>(kKeepaliveIdle_s), ignored);
  socket.set_option(TcpOption<TCP_KEEPINTVL>(kKeepaliveInterval_s), ignored);
  socket.set_option(TcpOption<TCP_KEEPCNT>(kKeepaliveProbes), ignored);
}

}  // namespace

/// What a resolver's answer waits in; it may come long after the connection has given up.
struct Connection::Lookup {
  explicit Lookup(const Strand& strand) : resolver(strand), answered(strand) {}

  tcp::resolver::rebind_executor<Strand>::other resolver;
  Timer answered;  ///< cancelled to wake the coroutine
  std::vector<Endpoint> found{};
  Error error = asio::error::timed_out;
};

Connection::Connection(asio::io_context& context, Peer peer)
    : strand_(asio::make_strand(context)),
      peer_(std::move(peer)),
      socket_(strand_),
      limit_(strand_, Clock::time_point::max()) {}

Connection::Task<std::optional<CallFailure>> Connection::open(std::shared_ptr<const ClientTls> tls) {
  close();
  connected_by_ = Clock::now() + peer_.connect;
  auto failure = co_await establish(tls.get());
  limit(Clock::time_point::max());
  if (failure) {
    close();
  } else {
    tls_ = std::move(tls);
  }
  co_return failure;
}

Connection::Task<std::optional<CallFailure>> Connection::establish(const ClientTls* tls) {
  std::vector<Endpoint> endpoints;
  auto failure = co_await resolve(endpoints);
  if (failure) co_return failure;
  failure = co_await connect(endpoints);
  if (failure) co_return failure;
  tune(socket_);
  if (tls) co_return co_await handshake(*tls);
  stream_.emplace(socket_.native_handle(), Stream::Tls());
  co_return std::nullopt;
}

/// The resolver cannot be interrupted, so that it is left alone when it takes too long.
Connection::Task<std::optional<CallFailure>> Connection::resolve(std::vector<Endpoint>& found) {
  Error error;
  const auto address = asio::ip::make_address(peer_.host, error);
  if (!error) {
    found.emplace_back(address, peer_.port);
    co_return std::nullopt;
  }
  const auto lookup = lookup_ = std::make_shared<Lookup>(strand_);
  lookup->answered.expires_at(connected_by_);
  lookup->resolver.async_resolve(peer_.host, std::to_string(peer_.port), [lookup](Error failed, const auto& results) {
    lookup->error = failed;
    lookup->found.assign(results.begin(), results.end());
    lookup->answered.cancel();
  });
  if (!interrupted_) co_await lookup->answered.async_wait(kAwait);
  lookup_.reset();
  found = std::move(lookup->found);
  if (interrupted_ || found.empty()) co_return cannot_connect(lookup->error.message());
  co_return std::nullopt;
}

Connection::Task<std::optional<CallFailure>> Connection::connect(const std::vector<Endpoint>& endpoints) {
  Error error;
  auto left = static_cast<int>(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    // An address that swallows everything leaves the others their share of the time.
    const auto now = Clock::now();
    limit(now + (connected_by_ - now) / left--);
    error = co_await try_endpoint(endpoint);
    if (!error) co_return std::nullopt;
    if (interrupted_) break;
  }
  co_return cannot_connect(error.message());
}

Connection::Task<Connection::Error> Connection::try_endpoint(const Endpoint& endpoint) {
  Error error;
  socket_.close(error);
  if (interrupted_) co_return Error(asio::error::operation_aborted);
  const auto [failed] = co_await socket_.async_connect(endpoint, kAwait);
  if (late_) co_return Error(asio::error::timed_out);
  co_return failed;
}

Connection::Task<std::optional<CallFailure>> Connection::handshake(const ClientTls& tls) {
  limit(connected_by_);
  Stream::Tls ssl = tls.impl().open(socket_.native_handle());
  const SSL* handle = ssl.get();
  stream_.emplace(socket_.native_handle(), std::move(ssl));
  bool waited = true;
  while (waited) {
    const Progress progress = stream_->handshake();
    if (progress.state == Progress::State::Done) co_return std::nullopt;
    if (progress.state == Progress::State::Closed) {
      const std::string problem = tls_problem(handle);
      co_return CallFailure{CallFailure::Why::Tls, "no TLS with " + peer_.address + ": " +
                                                       (problem.empty() ? "it ended the connection" : problem)};
    }
    waited = co_await ready(progress.state);
  }
  co_return CallFailure{CallFailure::Why::Tls, "no TLS with " + peer_.address + ": no answer in time"};
}

Connection::Task<bool> Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const Progress progress = stream_->write(bytes.data(), bytes.size());
    bytes.remove_prefix(progress.bytes);
    if (progress.state == Progress::State::Closed) co_return false;
    if (progress.state == Progress::State::Done) {
      co_await give_way(progress.bytes);
    } else {
      const bool waited = co_await ready(progress.state);
      if (!waited) co_return false;
    }
  }
  co_return true;
}

Connection::Task<Progress> Connection::read(char* data, std::size_t size) {
  bool waited = !interrupted_;
  while (waited) {
    const Progress progress = stream_->read(data, size);
    if (!progress.waits()) {
      // The handshake of TLS 1.3 is over before the server has seen our certificate: its refusal comes here.
      if (progress.state == Progress::State::Closed && tls_) tls_problem_ = tls_problem(nullptr);
      co_await give_way(progress.bytes);
      co_return progress;
    }
    waited = co_await ready(progress.state);
  }
  co_return Progress{};
}

CallFailure Connection::closed(const Progress& progress) const {
  if (!tls_problem_.empty()) return {CallFailure::Why::Tls, "TLS with " + peer_.address + ": " + tls_problem_};
  return {CallFailure::Why::Closed,
          peer_.address + (progress.orderly ? " closed the connection before the answer ended"
                                            : ": the connection broke before the answer ended")};
}

Connection::Task<void> Connection::give_way(std::size_t bytes) {
  unpaused_bytes_ += bytes;
  if (unpaused_bytes_ < kPauseAfterBytes) co_return;
  unpaused_bytes_ = 0;
  co_await asio::post(strand_, kAwait);
}

/// False: interrupted, or over the limit.
Connection::Task<bool> Connection::ready(Progress::State state) {
  if (interrupted_ || late_) co_return false;
  unpaused_bytes_ = 0;
  const auto direction = state == Progress::State::WantRead ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await socket_.async_wait(direction, kAwait);
  co_return !error && !interrupted_ && !late_;
}

bool Connection::usable(const ClientTls* tls) {
  if (!stream_ || interrupted_ || tls_.get() != tls) return false;
  char unasked = 0;
  return stream_->read(&unasked, 1).state == Progress::State::WantRead;
}

void Connection::watch(std::function<void()> f) {
  if (!stream_) return;
  socket_.async_wait(Socket::wait_read, [weak = weak_from_this(), number = ++watch_, f = std::move(f)](Error error) {
    const auto self = weak.lock();
    if (error || !self || self->watch_ != number) return;
    // What we have read already may have been reported late, on another thread: then the peer has said nothing.
    if (self->usable(self->tls_.get())) return self->watch(f);
    self->close();
    f();
  });
}

void Connection::unwatch() {
  ++watch_;
  Error ignored;
  socket_.cancel(ignored);
}

void Connection::close() {
  if (stream_) stream_->finish();
  stream_.reset();
  tls_.reset();
  tls_problem_.clear();
  Error ignored;
  socket_.close(ignored);
  interrupted_ = late_ = false;
}

void Connection::limit(Clock::time_point until) {
  late_ = false;
  limit_.expires_at(until);
  if (until == Clock::time_point::max()) return;
  limit_.async_wait([weak = weak_from_this()](Error error) {
    const auto self = weak.lock();
    // It may have been on its way here while the next step began.
    if (error || !self || Clock::now() < self->limit_.expiry()) return;
    self->late_ = true;
    self->wake();
  });
}

void Connection::interrupt() {
  interrupted_ = true;
  wake();
}

void Connection::wake() {
  Error ignored;
  socket_.cancel(ignored);
  if (lookup_) lookup_->answered.cancel();
}

CallFailure Connection::cannot_connect(const std::string& why) const {
  return {CallFailure::Why::Connect, "cannot connect to " + peer_.address + ": " + why};
}

}  // namespace holdfast::net
