// The server side of TLS: 1.2 and later, forward secret ciphers, ALPN http/1.1. And who may speak to a listener at all:
// holders of a client certificate from the authorities that it was given.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::net {

/// A loaded certificate chain with its key, ready to serve. Immutable; any thread.
class TlsContext {
 public:
  /// PEM. Throws std::runtime_error with what is wrong (unreadable chain, key that does not match) and never with key
  /// material.
  static std::shared_ptr<const TlsContext> from_pem(const std::string& chain, const std::string& key);

  ~TlsContext();
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Where a listener gets the context for each new connection: the seam through which certificates are replaced.
class TlsSource {
 public:
  virtual ~TlsSource() = default;
  /// Never null. Any thread.
  virtual std::shared_ptr<const TlsContext> current() const = 0;
};

/// Authorities of clients, and the names that they may have. Immutable; any thread.
class ClientTrust {
 public:
  /// `authorities`: PEM. A client's certificate must be signed by one of them, be made for clients (extended key
  /// usage), and have one of `names` as its common name or among its DNS names, letter for letter; no names: any will
  /// do. Throws std::runtime_error with what is wrong.
  static std::shared_ptr<const ClientTrust> from_pem(const std::string& authorities, std::vector<std::string> names);

  ~ClientTrust();
  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit ClientTrust(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Where a listener asks for them at each new connection, and whom it tells about those that it refused. Any thread;
/// called on the listener's, so neither may block for long.
class ClientCheck {
 public:
  virtual ~ClientCheck() = default;
  /// Never null.
  virtual std::shared_ptr<const ClientTrust> current() = 0;
  /// A handshake failed for `why`: "it sent no certificate".
  virtual void refused(std::string_view why) = 0;
};

}  // namespace holdfast::net
