#include "src/net/client/client_stream.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>
#include <utility>

// gcc 12 miscompiles `co_await` behind && or || and in the condition of a loop: none is there in this file.

namespace holdfast::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kErrorBodyBytes = 64 * 1024;

class Handle : public Client::Stream {
 public:
  explicit Handle(std::shared_ptr<LiveStream> stream) : stream_(std::move(stream)) {}
  // Without the memory for one more handler the program may end.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  ~Handle() override { stream_->cancel(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  void cancel() override { stream_->cancel(); }

 private:
  const std::shared_ptr<LiveStream> stream_;
};

}  // namespace

LiveStream::LiveStream(std::shared_ptr<Client::Impl> client, const Call& call, Client::StreamCallbacks callbacks)
    : client_(std::move(client)),
      request_(request_bytes(call, client_->host)),
      to_head_(call.method == "HEAD"),
      deadline_(call.deadline),
      callbacks_(std::move(callbacks)),
      connection_(std::make_shared<Connection>(client_->context, client_->peer)),
      timer_(connection_->strand()) {}

std::unique_ptr<Client::Stream> LiveStream::handle(std::shared_ptr<LiveStream> stream) {
  return std::make_unique<Handle>(std::move(stream));
}

void LiveStream::start() {
  asio::post(connection_->strand(), [self = shared_from_this()] {
    asio::co_spawn(self->connection_->strand(), self->run(self), asio::detached);
  });
}

LiveStream::Task<void> LiveStream::run(StreamPtr self) {
  watch_deadline();
  std::string problem;
  try {
    problem = co_await exchange();
  } catch (const std::bad_alloc&) {
    problem = "no memory for the answer of " + client_->peer.address;
  }
  timer_.cancel();
  connection_->close();
  tell_end(problem);
  client_->forget(self);
}

void LiveStream::watch_deadline() {
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->head_told_) return;
    self->tell_end(self->client_->peer.address + " has not answered in time");
    self->connection_->interrupt();
  });
}

/// What broke it off; empty where the server ended it.
LiveStream::Task<std::string> LiveStream::exchange() {
  if (is_over()) co_return "";
  const std::string& address = client_->peer.address;
  if (!request_) co_return "the request to " + address + " holds control characters";
  auto failure = co_await connection_->open(client_->current_tls());
  if (failure) co_return std::move(failure->text);
  co_await connection_->write(*request_);
  co_return co_await receive();
}

LiveStream::Task<std::string> LiveStream::receive() {
  ReplyParser parser({.to_head = to_head_});
  auto state = ReplyParser::State::NeedsMore;
  std::array<char, 16 * 1024> bytes;
  while (state == ReplyParser::State::NeedsMore) {
    const Progress progress = co_await connection_->read(bytes.data(), bytes.size());
    if (progress.state == Progress::State::Done) {
      state = parser.put({bytes.data(), progress.bytes});
    } else {
      if (progress.orderly) state = parser.end();
      if (state == ReplyParser::State::NeedsMore) co_return connection_->closed(progress).text;
    }
    if (!deliver(parser, state == ReplyParser::State::Complete)) co_return "";
  }
  if (state == ReplyParser::State::Faulty) co_return parser.failure(client_->peer.address).text;
  co_return "";
}

/// Hands over what has arrived. False: nothing more is wanted.
bool LiveStream::deliver(ReplyParser& parser, bool complete) {
  if (!parser.has_head()) return !is_over();
  Reply& reply = parser.reply();
  const bool is_success = reply.status / 100 == 2;
  if (!is_success && !complete && reply.body.size() < kErrorBodyBytes) return !is_over();
  std::string data;
  if (is_success) {
    data.swap(reply.body);
  } else {
    reply.body.resize(std::min(reply.body.size(), kErrorBodyBytes));
  }
  if (!std::exchange(head_told_, true)) {
    timer_.cancel();
    if (!tell([&] { callbacks_.head(reply); })) return false;
  }
  if (!data.empty() && !tell([&] { callbacks_.data(data); })) return false;
  return is_success;
}

/// False: it is over, and the callback was not called.
template <class F>
bool LiveStream::tell(const F& f) {
  bool told = false;
  client_->guard.pass([&] {
    if (is_over()) return;
    told = true;
    f();
  });
  return told && !is_over();
}

void LiveStream::tell_end(const std::string& problem) {
  client_->guard.pass([&] {
    if (set_over()) callbacks_.end(problem);
  });
}

bool LiveStream::is_over() {
  const std::lock_guard lock(mutex_);
  return over_;
}

/// False: it was over before.
bool LiveStream::set_over() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(over_, true);
}

void LiveStream::cancel() {
  if (set_over()) interrupt();
}

void LiveStream::end_by_client() {
  if (!set_over()) return;
  interrupt();
  callbacks_.end("the client has ended");
}

void LiveStream::interrupt() {
  asio::post(connection_->strand(), [self = shared_from_this()] {
    self->timer_.cancel();
    self->connection_->interrupt();
  });
}

}  // namespace holdfast::net
