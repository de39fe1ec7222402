// The server side of TLS: 1.2 and later, forward secret ciphers, ALPN http/1.1.
#pragma once

#include <memory>
#include <string>

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

}  // namespace holdfast::net
