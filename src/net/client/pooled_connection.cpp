#include "src/net/client/pooled_connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>

#include "src/net/client/client_message.hpp"

// gcc 12 miscompiles `co_await` behind && or || and in the condition of a loop: none is there in this file.

namespace holdfast::net {

namespace asio = boost::asio;

namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<Connection::Strand>> kAwait;

bool was_closed(const CallResult& result) {
  const auto* failure = std::get_if<CallFailure>(&result);
  return failure && (failure->why == CallFailure::Why::Closed || failure->why == CallFailure::Why::Tls);
}

}  // namespace

PooledConnection::PooledConnection(std::shared_ptr<Client::Impl> client)
    : client_(std::move(client)),
      connection_(std::make_shared<Connection>(client_->context, client_->peer)),
      idle_(connection_->strand()) {}

void PooledConnection::start() { asio::co_spawn(connection_->strand(), run(shared_from_this()), asio::detached); }

PooledConnection::Task<void> PooledConnection::run(PooledPtr self) {
  ExchangePtr exchange = client_->claim(self);
  while (exchange) {
    CallResult result = co_await serve_safely(exchange);
    // First the next one, so that a call made by the callback finds this pooled idle, with its warm connection.
    ExchangePtr following = client_->next(self);
    client_->finish(exchange, std::move(result));
    if (!following) following = co_await wait_for_call(self);
    exchange = std::move(following);
  }
  connection_->close();
}

PooledConnection::Task<ExchangePtr> PooledConnection::wait_for_call(PooledPtr self) {
  idle_.expires_after(client_->options.idle);
  // A connection that its server closes is given up at once, not when it is next wanted.
  connection_->watch([weak = weak_from_this()] {
    if (const auto pooled = weak.lock()) pooled->idle_.cancel();
  });
  if (!stopped_) co_await idle_.async_wait(kAwait);
  connection_->unwatch();
  co_return client_->claim(self);
}

PooledConnection::Task<CallResult> PooledConnection::serve_safely(ExchangePtr exchange) {
  try {
    co_return co_await serve(std::move(exchange));
  } catch (const std::bad_alloc&) {
    connection_->close();
    current_.reset();
  }
  co_return CallFailure{CallFailure::Why::TooLarge, "no memory for the answer of " + client_->peer.address};
}

PooledConnection::Task<CallResult> PooledConnection::serve(ExchangePtr exchange) {
  if (exchange->over || stopped_) co_return CallFailure{};
  current_ = exchange;
  const auto tls = client_->current_tls();
  const bool kept = connection_->usable(tls.get());
  if (!kept) connection_->close();
  CallResult result = co_await attempt(*exchange);
  // The server closed it while our request was on its way.
  if (kept && !answer_began_ && !exchange->over && was_closed(result)) {
    connection_->close();
    result = co_await attempt(*exchange);
  }
  current_.reset();
  co_return result;
}

/// On the connection as it is, or on a new one. Leaves it open only where it can be used once more.
PooledConnection::Task<CallResult> PooledConnection::attempt(const Exchange& exchange) {
  answer_began_ = false;
  if (!connection_->is_open()) {
    auto failure = co_await connection_->open(client_->current_tls());
    if (failure) co_return std::move(*failure);
  }
  // The timer may be behind us where the thread was kept from running: what is late must not take effect.
  if (Connection::Clock::now() >= exchange.deadline) {
    co_return CallFailure{CallFailure::Why::Timeout, "no time was left to ask " + client_->peer.address};
  }
  // A server that does not like what it reads answers before the end, and does not read on.
  co_await connection_->write(exchange.request);
  CallResult result = co_await answer(exchange);
  if (std::holds_alternative<CallFailure>(result)) connection_->close();
  co_return result;
}

PooledConnection::Task<CallResult> PooledConnection::answer(const Exchange& exchange) {
  ReplyParser parser({.to_head = exchange.to_head, .body_bytes = client_->options.reply_bytes});
  auto state = ReplyParser::State::NeedsMore;
  std::array<char, 16 * 1024> bytes;
  while (state == ReplyParser::State::NeedsMore) {
    const Progress progress = co_await connection_->read(bytes.data(), bytes.size());
    if (progress.state == Progress::State::Done) {
      answer_began_ = true;
      state = parser.put({bytes.data(), progress.bytes});
    } else {
      if (progress.orderly) state = parser.end();
      if (state == ReplyParser::State::NeedsMore) co_return connection_->closed(progress);
    }
  }
  if (state != ReplyParser::State::Complete) co_return parser.failure(client_->peer.address);
  if (!parser.keep_alive()) connection_->close();
  co_return std::move(parser.reply());
}

void PooledConnection::wake() {
  asio::post(connection_->strand(), [self = shared_from_this()] { self->idle_.cancel(); });
}

void PooledConnection::abandon(const ExchangePtr& exchange) {
  asio::post(connection_->strand(), [self = shared_from_this(), exchange] {
    if (self->current_ == exchange) self->connection_->interrupt();
  });
}

void PooledConnection::stop() {
  asio::post(connection_->strand(), [self = shared_from_this()] {
    self->stopped_ = true;
    self->connection_->interrupt();
    self->idle_.cancel();
  });
}

}  // namespace holdfast::net
