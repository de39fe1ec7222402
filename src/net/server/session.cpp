#include "src/net/server/session.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/status.hpp>
#include <iterator>

// gcc 12 miscompiles `co_await` behind && or || and in the condition of a loop: none is there in this file.

namespace holdfast::net {

namespace asio = boost::asio;

namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<Strand>> kAwait;
constexpr std::size_t kReadBytes = 4 * 1024;       // most requests in one go
constexpr std::size_t kBodyReadBytes = 16 * 1024;  // a TLS record
constexpr std::size_t kKeepBytes = 64 * 1024;      // a larger answer's memory is given back
constexpr std::chrono::milliseconds kGoodbye{1'000};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Socket non_blocking(Socket socket) {
  boost::system::error_code ignored;  // a socket that fails here fails at its first read too
  socket.native_non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  return socket;
}

std::string_view reason(int status) {
  const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(unsigned(status)));
  return {text.data(), text.size()};
}

bool never_has_body(int status) { return status == 204 || status == 304; }

struct AnswerForm {
  bool keep_alive = true;
  bool http_1_0 = false;      ///< such a client has to be told when the connection stays
  bool without_body = false;  ///< the answer to a HEAD: Content-Length as it would be
};

/// A Response as bytes of HTTP/1.1.
void append_answer(std::string& out, const Response& response, const AnswerForm& form) {
  const auto head = std::back_inserter(out);
  fmt::format_to(head, FMT_STRING("HTTP/1.1 {} {}\r\n"), response.status, reason(response.status));
  if (!never_has_body(response.status)) {
    fmt::format_to(head, FMT_STRING("Content-Type: {}\r\nContent-Length: {}\r\n"), response.content_type,
                   response.body.size());
  }
  if (!response.allow.empty()) fmt::format_to(head, FMT_STRING("Allow: {}\r\n"), response.allow);
  if (!form.keep_alive) {
    out += "Connection: close\r\n";
  } else if (form.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n";
  if (!form.without_body && !never_has_body(response.status)) out += response.body;
}

}  // namespace

Session::Session(std::shared_ptr<Service> service, Socket socket, const Source& source, bool overloaded)
    : service_(std::move(service)),
      strand_(socket.get_executor()),
      socket_(non_blocking(std::move(socket))),
      stream_(socket_.native_handle(), service_->tls ? service_->tls->current().get() : nullptr,
              service_->clients ? service_->clients->current() : nullptr),
      answered_(strand_, Clock::time_point::max()),
      slot_(std::make_shared<ResponseSlot>([this] { notify(); })),
      in_(service_->limits.header_bytes + kBodyReadBytes),
      overloaded_(overloaded) {
  allow(service_->limits.handshake);
  service_->roster.add(*this, source);
}

Session::~Session() {
  slot_->close();
  service_->roster.remove(*this);
}

void Session::start() { asio::co_spawn(strand_, run(shared_from_this()), asio::detached); }

Session::Task<void> Session::run(std::shared_ptr<Session> self) {
  bool open = co_await handshake();
  while (open) open = co_await exchange();
  co_await say_goodbye();
  self.reset();
}

Session::Task<bool> Session::handshake() {
  // OpenSSL's buffers are for those who say something: a silent connection costs a tenth of one in a handshake.
  if (service_->tls) {
    if (!co_await ready(Progress::State::WantRead)) co_return false;
  }
  for (;;) {
    const Progress progress = stream_.handshake();
    if (progress.state == Progress::State::Closed) tell_refusal();
    if (progress.state == Progress::State::Done && service_->clients) service_->roster.certify(*this);
    if (!progress.waits()) co_return progress.state == Progress::State::Done;
    if (!co_await ready(progress.state)) co_return false;
  }
}

void Session::tell_refusal() {
  const std::string why = stream_.refusal();
  if (!why.empty()) service_->clients->refused(why);
}

/// One request and its answer. False: the connection ends.
Session::Task<bool> Session::exchange() {
  RequestParser parser(service_->limits);
  const Received received = co_await receive(parser);
  if (received == Received::Faulty) co_return co_await refuse(parser);
  if (received == Received::Ended) co_return false;
  // Once there is an answer, whoever does not take it is in the way of others again.
  if (!service_->roster.begin_work(*this)) co_return false;
  parser.request().overloaded = overloaded_;
  const Response response = co_await ask(std::move(parser.request()));
  service_->roster.end_work(*this);
  served_ = true;
  const bool keep_alive = parser.keep_alive() && !response.close && !overloaded_ && !service_->closing;
  const bool written = co_await answer(response, parser, keep_alive);
  co_return written&& keep_alive;
}

Session::Task<Session::Received> Session::receive(RequestParser& parser) {
  if (in_.size() == 0) {
    if (!co_await first_byte()) co_return Received::Ended;
  }
  parser.request().arrived = Clock::now();
  allow(service_->limits.header);
  counted_body_ = 0;
  if (served_) service_->roster.renew(*this);
  bool in_body = false;
  for (;;) {
    std::size_t consumed = 0;
    const auto state = parser.put(static_cast<const char*>(in_.data().data()), in_.size(), consumed);
    in_.consume(consumed);
    if (!take_body(parser)) co_return Received::Faulty;
    if (state == RequestParser::State::Complete) co_return Received::Complete;
    if (state == RequestParser::State::Faulty) co_return Received::Faulty;
    if (!in_body && parser.is_header_done()) {
      in_body = true;
      allow(service_->limits.body);
      if (parser.expects_continue() && !parser.is_http_1_0()) {
        out_.assign(kContinue);
        if (!co_await write_out()) co_return Received::Ended;
      }
    }
    if (!co_await read_more(in_body ? kBodyReadBytes : kReadBytes)) co_return Received::Ended;
  }
}

/// False: there is no room for as much of a body as has come.
bool Session::take_body(RequestParser& parser) {
  const std::string& body = parser.request().body;
  const Limits& limits = service_->limits;
  if (body.size() <= limits.small_body_bytes || body.capacity() <= counted_body_) return true;
  const std::string_view beginning = std::string_view(body).substr(0, limits.small_body_bytes);
  const bool expected = beginning.find(service_->body_mark) != std::string_view::npos;
  if (!overloaded_ && service_->roster.grow_body(*this, body.capacity(), expected)) {
    counted_body_ = body.capacity();
    return true;
  }
  parser.refuse_body();
  return false;
}

/// Waits, without reading in vain first, for a request to begin.
Session::Task<bool> Session::first_byte() {
  if (service_->draining) co_return false;
  allow(service_->limits.idle);
  idle_ = true;
  if (!stream_.pending()) {
    if (!co_await ready(Progress::State::WantRead)) co_return false;
  }
  const bool began = co_await read_more(kReadBytes);
  if (began) idle_ = false;
  co_return began;
}

Session::Task<bool> Session::read_more(std::size_t size) {
  // Only a line without end, such as an endless chunk extension, fills the buffer.
  size = std::min(size, in_.max_size() - in_.size());
  if (size == 0) co_return false;
  const auto space = in_.prepare(size);
  for (;;) {
    const Progress progress = stream_.read(space.data(), space.size());
    in_.commit(progress.bytes);
    if (!progress.waits()) co_return progress.state == Progress::State::Done;
    if (!co_await ready(progress.state)) co_return false;
  }
}

/// The handler's answer, or a 503 when it takes too long. No thread waits meanwhile.
Session::Task<Response> Session::ask(Request request) {
  allow(service_->limits.answer);
  service_->handle(std::move(request), ResponseSlot::open(slot_));
  for (;;) {
    if (auto response = slot_->take()) co_return std::move(*response);
    if (service_->stopped) co_return Response{.status = 503, .body = "stopping\n", .close = true};
    if (time_up_) co_return Response{.status = 503, .body = "no answer in time\n", .close = true};
    co_await answered_.async_wait(kAwait);
  }
}

Session::Task<bool> Session::answer(const Response& response, const RequestParser& parser, bool keep_alive) {
  if (time_up_) {
    time_up_ = false;
    allow(kGoodbye);
  }
  out_.clear();
  append_answer(out_, response,
                {.keep_alive = keep_alive, .http_1_0 = parser.is_http_1_0(), .without_body = parser.is_head()});
  const bool written = co_await write_out();
  if (out_.capacity() > kKeepBytes) out_ = {};
  co_return written;
}

/// Says what is wrong with a request that cannot be read; where the next one would begin is unknown.
Session::Task<bool> Session::refuse(const RequestParser& parser) {
  allow(kGoodbye);
  const Response response{.status = parser.fault().status, .body = parser.fault().text, .close = true};
  co_await answer(response, parser, false);
  co_return false;
}

Session::Task<bool> Session::write_out() {
  std::string_view rest = out_;
  while (!rest.empty()) {
    const Progress progress = stream_.write(rest.data(), rest.size());
    rest.remove_prefix(progress.bytes);
    if (progress.state == Progress::State::Closed) co_return false;
    if (progress.waits()) {
      if (!co_await ready(progress.state)) co_return false;
    }
  }
  co_return true;
}

/// Ends an orderly connection so that the client reads the last answer to its end: closing a socket that holds unread
/// input sends a reset, which overtakes it.
Session::Task<void> Session::say_goodbye() {
  if (service_->stopped || (time_up_ && !idle_)) co_return;
  idle_ = time_up_ = false;
  allow(kGoodbye);
  for (;;) {
    const Progress progress = stream_.finish();
    if (progress.state == Progress::State::Done) break;
    if (!co_await ready(progress.state)) co_return;
  }
  while (Clock::now() < deadline()) {
    const Progress progress = stream_.discard();
    if (progress.state == Progress::State::Closed) co_return;
    if (progress.waits()) {
      if (!co_await ready(progress.state)) co_return;
    }
  }
}

/// False: the time is up or the listener has stopped.
Session::Task<bool> Session::ready(Progress::State state) {
  if (time_up_ || service_->stopped) co_return false;
  const auto direction = state == Progress::State::WantRead ? Socket::wait_read : Socket::wait_write;
  const auto [error] = co_await socket_.async_wait(direction, kAwait);
  co_return !error && !time_up_ && !service_->stopped;
}

// An answer given while the handler runs on our strand is found by ask() anyway.
void Session::notify() {
  if (strand_.running_in_this_thread()) return;
  auto self = weak_from_this().lock();
  if (!self) return;
  // The slot is locked here, and the last owner of a session locks it again: that must not be us.
  const Strand strand = strand_;
  asio::post(strand, [self = std::move(self)] { self->answered_.cancel(); });
}

void Session::expire() {
  asio::post(strand_, [self = shared_from_this()] {
    // It may have gone on in the meantime.
    if (Clock::now() < self->deadline()) return;
    self->time_up_ = true;
    self->interrupt();
  });
}

void Session::close_if_idle() {
  asio::post(strand_, [self = shared_from_this()] {
    if (!self->idle_) return;
    self->time_up_ = true;
    self->interrupt();
  });
}

void Session::abort() {
  asio::post(strand_, [self = shared_from_this()] { self->interrupt(); });
}

void Session::make_way() {
  asio::post(strand_, [self = shared_from_this()] {
    self->time_up_ = true;
    self->idle_ = false;
    self->interrupt();
  });
}

void Session::interrupt() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  answered_.cancel();
}

}  // namespace holdfast::net
