// Who may speak to a TLS listener at all: holders of a client certificate from the authorities that it was given.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::net {

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
