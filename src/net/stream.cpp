#include "src/net/stream.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>

#include "src/net/server/server_tls.hpp"

namespace holdfast::net {

namespace {

using State = Progress::State;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

Progress of_receive(ssize_t received) {
  if (received > 0) return {State::Done, static_cast<std::size_t>(received)};
  if (received < 0 && would_block()) return {State::WantRead};
  return {.state = State::Closed, .orderly = received == 0};
}

}  // namespace

Stream::Stream(int descriptor, const TlsContext* tls, std::shared_ptr<const ClientTrust> clients)
    : descriptor_(descriptor), clients_(std::move(clients)) {
  if (!tls) return;
  ssl_.reset(SSL_new(tls->impl().context.get()));
  if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1) throw std::bad_alloc();
  if (clients_) demand_certificate(ssl_.get(), *clients_);
  SSL_set_accept_state(ssl_.get());
}

// OpenSSL's error queue belongs to the thread: each step clears it first, so that what it finds is its own.
Progress Stream::of_tls(int result, std::size_t bytes) {
  if (result > 0) return {State::Done, bytes};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {State::WantRead};
    case SSL_ERROR_WANT_WRITE:
      return {State::WantWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {.state = State::Closed, .orderly = true};
    default:
      broken_ = true;
      return {State::Closed};
  }
}

Progress Stream::handshake() {
  if (!ssl_) return {State::Done};
  ERR_clear_error();
  const Progress progress = of_tls(SSL_do_handshake(ssl_.get()), 0);
  established_ = progress.state == State::Done;
  return progress;
}

std::string Stream::refusal() const { return clients_ ? net::refusal(ssl_.get()) : std::string(); }

Progress Stream::read(void* data, std::size_t size) {
  if (!ssl_) return of_receive(::recv(descriptor_, data, size, 0));
  if (broken_) return {State::Closed};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), data, size, &bytes);
  return of_tls(result, bytes);
}

Progress Stream::write(const void* data, std::size_t size) {
  if (!ssl_) {
    const ssize_t sent = ::send(descriptor_, data, size, MSG_NOSIGNAL);
    if (sent >= 0) return {State::Done, static_cast<std::size_t>(sent)};
    return {would_block() ? State::WantWrite : State::Closed};
  }
  if (broken_) return {State::Closed};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_.get(), data, size, &bytes);
  return of_tls(result, bytes);
}

Progress Stream::finish() {
  if (ssl_ && established_ && !broken_) {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    // 0: ours is sent and the peer's has not come; we do not wait for it.
    if (result < 0) {
      const Progress progress = of_tls(result, 0);
      if (progress.state == State::WantWrite) return progress;
    }
  }
  ::shutdown(descriptor_, SHUT_WR);
  return {State::Done};
}

Progress Stream::discard() {
  char sink[4096];
  return of_receive(::recv(descriptor_, sink, sizeof sink, 0));
}

bool Stream::pending() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }

}  // namespace holdfast::net
