#include "tests/unit/net/client.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <signal.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace test {

struct Client::Socket {
  int fd = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  ~Socket() {
    SSL_free(ssl);
    SSL_CTX_free(context);
    if (fd >= 0) ::close(fd);
  }
};

namespace {

/// SSL_write to a closed connection raises SIGPIPE. The process must not ignore it, or no test could tell whether the
/// server lives with it.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec now{};
    ::sigtimedwait(&pipe_, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
};

void fail(const std::string& what) { throw std::runtime_error("client: " + what); }

/// Presents this certificate to whoever asks for one.
void show(SSL_CTX* context, const Pem& identity) {
  const auto reader = [](const std::string& pem) {
    return std::unique_ptr<BIO, decltype(&BIO_free)>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                     BIO_free);
  };
  const std::unique_ptr<X509, decltype(&X509_free)> leaf(
      PEM_read_bio_X509(reader(identity.chain).get(), nullptr, nullptr, nullptr), X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(reader(identity.key).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    fail("unusable identity");
  }
}

}  // namespace

std::string Reply::field(const std::string& name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string line = head.substr(begin, at == std::string::npos ? at : at - begin);
    const std::size_t colon = line.find(": ");
    if (colon == name.size() && ::strncasecmp(line.c_str(), name.c_str(), colon) == 0) return line.substr(colon + 2);
  }
  return {};
}

void Client::connect(std::uint16_t port, const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) fail("bad address " + host);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  socket_ = std::make_unique<Socket>();
  socket_->fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  ::setsockopt(socket_->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket_->fd, found->ai_addr, found->ai_addrlen) != 0) fail("cannot connect to " + host);
}

Client::Client(std::uint16_t port, const std::string& host) { connect(port, host); }

Client::Client(std::uint16_t port, const TlsOptions& options) {
  connect(port, "127.0.0.1");
  ERR_clear_error();
  socket_->context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(socket_->context, 0);  // so that what is refused is refused by the server
  SSL_CTX_set_min_proto_version(socket_->context, options.least);
  SSL_CTX_set_max_proto_version(socket_->context, options.most);
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(socket_->context, options.ciphers.c_str()) != 1) {
    fail("unknown ciphers");
  }
  if (!options.identity.chain.empty()) show(socket_->context, options.identity);
  socket_->ssl = SSL_new(socket_->context);
  SSL_set_fd(socket_->ssl, socket_->fd);
  if (!options.alpn.empty()) {
    SSL_set_alpn_protos(socket_->ssl, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                        static_cast<unsigned>(options.alpn.size()));
  }
  const WithoutSigpipe guard;
  if (SSL_connect(socket_->ssl) != 1) {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    fail(std::string("handshake: ") + (reason ? reason : "connection ended"));
  }
}

Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

void Client::send(const std::string& bytes) {
  const WithoutSigpipe guard;
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const int size = static_cast<int>(bytes.size() - sent);
    const ssize_t n = socket_->ssl ? SSL_write(socket_->ssl, bytes.data() + sent, size)
                                   : ::send(socket_->fd, bytes.data() + sent, static_cast<std::size_t>(size), 0);
    if (n <= 0) return;  // the server may have answered and closed before the end
    sent += static_cast<std::size_t>(n);
  }
}

bool Client::fill() {
  if (end_ != End::None) return false;
  char data[16 * 1024];
  const ssize_t n =
      socket_->ssl ? SSL_read(socket_->ssl, data, sizeof data) : ::recv(socket_->fd, data, sizeof data, 0);
  if (n > 0) {
    buffer_.append(data, static_cast<std::size_t>(n));
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) fail("nothing came for a minute");
  const bool clean = socket_->ssl ? SSL_get_error(socket_->ssl, static_cast<int>(n)) == SSL_ERROR_ZERO_RETURN : n == 0;
  end_ = clean ? End::Clean : End::Broken;
  return false;
}

std::optional<Reply> Client::receive(bool head_only) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  Reply reply;
  reply.head = buffer_.substr(0, end + 2);
  reply.status = std::stoi(reply.head.substr(reply.head.find(' ') + 1));
  buffer_.erase(0, end + 4);
  const std::string length = reply.field("Content-Length");
  const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
  while (buffer_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return reply;
}

bool Client::closed_cleanly() {
  while (fill()) {
  }
  return buffer_.empty() && end_ == End::Clean;
}

std::string Client::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

void Client::half_close() { ::shutdown(socket_->fd, SHUT_WR); }

bool Client::resumable() const { return SSL_SESSION_is_resumable(SSL_get_session(socket_->ssl)) == 1; }

std::string Client::renegotiate() {
  const WithoutSigpipe guard;
  ERR_clear_error();
  if (SSL_renegotiate(socket_->ssl) == 1 && SSL_do_handshake(socket_->ssl) == 1) return {};
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return reason ? reason : "connection ended";
}

std::string Client::alpn() const {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(socket_->ssl, &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

std::string Client::tls_version() const { return SSL_get_version(socket_->ssl); }
std::string Client::cipher() const { return SSL_get_cipher_name(socket_->ssl); }

std::string Client::peer_serial() const {
  const X509* leaf = SSL_get0_peer_certificate(socket_->ssl);
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nullptr);
  char* text = BN_bn2hex(number);
  std::string serial = text;
  OPENSSL_free(text);
  BN_free(number);
  return serial;
}

std::string get(const std::string& target, const std::string& fields) {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

std::string post(const std::string& target, const std::string& body, const std::string& fields) {
  return "POST " + target + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         fields + "\r\n" + body;
}

}  // namespace test
