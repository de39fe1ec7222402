// A blocking HTTP client for tests, down to single bytes: POSIX sockets and OpenSSL, nothing of what it tests.
// Every call gives up after a minute; a failed check throws std::runtime_error.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/unit/net/pem.hpp"

namespace test {

struct Reply {
  int status = 0;
  std::string head;  ///< status line and fields, as received
  std::string body;
  /// The field's value; empty when absent. Names are case-insensitive.
  std::string field(const std::string& name) const;
};

struct TlsOptions {
  int least = TLS1_2_VERSION;
  int most = TLS1_3_VERSION;
  std::string alpn{};     ///< in wire format: "\x08http/1.1"
  std::string ciphers{};  ///< OpenSSL's list for TLS up to 1.2; empty: its default
  Pem identity{};         ///< the certificate to show; empty: none
};

class Client {
 public:
  /// Plain; `host` is a numeric address.
  explicit Client(std::uint16_t port, const std::string& host = "127.0.0.1");
  /// TLS; the certificate is not checked. Throws when the handshake fails.
  Client(std::uint16_t port, const TlsOptions& options);
  Client(Client&&) noexcept;
  ~Client();

  void send(const std::string& bytes);
  /// One whole answer; nullopt: the connection ended first. `head_only`: the answer to a HEAD.
  std::optional<Reply> receive(bool head_only = false);
  std::optional<Reply> exchange(const std::string& request) { return send(request), receive(); }
  /// Whether the peer ends the connection in good order (close_notify under TLS, no reset) without sending more.
  bool closed_cleanly();
  /// Waits for the end, of whatever kind. Returns what came before it.
  std::string read_to_end();
  void half_close();

  /// Asks for a second handshake on the same connection (TLS 1.2). Why there was none; empty: there was one.
  std::string renegotiate();

  std::string alpn() const;
  std::string tls_version() const;
  std::string cipher() const;
  std::string peer_serial() const;
  /// Whether the server gave what a later connection could resume this session with.
  bool resumable() const;

 private:
  enum class End { None, Clean, Broken };
  bool fill();
  void connect(std::uint16_t port, const std::string& host);

  struct Socket;
  std::unique_ptr<Socket> socket_;
  std::string buffer_;
  End end_ = End::None;
};

std::string get(const std::string& target, const std::string& fields = {});
std::string post(const std::string& target, const std::string& body, const std::string& fields = {});

}  // namespace test
