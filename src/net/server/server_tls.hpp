// Inside of TlsContext and ClientTrust, for the files of this module that talk to OpenSSL. A handshake that is held to
// a ClientTrust either ends with a certificate that is trusted, or fails; there is no resumption that would carry
// yesterday's trust into today.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "holdfast/net/openssl.hpp"
#include "holdfast/net/tls.hpp"

namespace holdfast::net {

struct TlsContext::Impl {
  ContextPtr context;
};

struct ClientTrust::Impl {
  X509StorePtr store;
  std::vector<std::string> names;
};

/// Has the handshake of `ssl` demand a certificate; `trust` must outlive it. Throws std::bad_alloc.
void demand_certificate(SSL* ssl, const ClientTrust& trust);

/// After such a handshake has failed, before any other step on this thread: what was wrong with the client's
/// certificate. Empty: the reason was another.
std::string refusal(const SSL* ssl);

}  // namespace holdfast::net
