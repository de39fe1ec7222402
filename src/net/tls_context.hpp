// Inside of TlsContext, for the files of this module that talk to OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "holdfast/net/tls.hpp"

namespace holdfast::net {

struct TlsContext::Impl {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context;
};

}  // namespace holdfast::net
