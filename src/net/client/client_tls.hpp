// Inside of ClientTls, for the files of this module that talk to OpenSSL.
#pragma once

#include <memory>
#include <string>

#include "holdfast/net/client.hpp"
#include "src/net/stream.hpp"

namespace holdfast::net {

struct ClientTls::Impl {
  /// A connection on this descriptor, ready for its handshake. Throws std::bad_alloc.
  Stream::Tls open(int descriptor) const;

  ContextPtr context;
  std::string sni;  ///< the name to ask for; empty: the server is named by an address, which SNI cannot carry
};

/// Why the TLS step that has just failed on this thread did so, for people: "its certificate is not trusted: …". Empty:
/// OpenSSL has no reason, the connection broke under it. `ssl` may be null after the handshake. Forgets the reason.
std::string tls_problem(const SSL* ssl);

}  // namespace holdfast::net
