// The bytes of one connection, plain or TLS. No step ever blocks: it gets somewhere, or says what it waits for.
// OpenSSL works on the descriptor itself (as in nginx), which saves the copies through a pair of memory buffers.
// Belongs to one session; one step at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "holdfast/net/openssl.hpp"
#include "holdfast/net/tls.hpp"

namespace holdfast::net {

struct Progress {
  enum class State {
    Done,
    WantRead,   ///< try again when the descriptor is readable
    WantWrite,  ///< … writable
    Closed,     ///< by the peer, or broken
  };
  State state = State::Closed;
  std::size_t bytes = 0;
  bool orderly = false;  ///< Closed: by the peer, which said so (close_notify, or FIN where there is no TLS)

  bool waits() const { return state == State::WantRead || state == State::WantWrite; }
};

class Stream {
 public:
  /// `descriptor` is a connected non-blocking socket, which stays the caller's. `tls` null: plain; it is not needed
  /// afterwards. `clients` null: whoever comes. Throws std::bad_alloc.
  Stream(int descriptor, const TlsContext* tls, std::shared_ptr<const ClientTrust> clients = nullptr);

  using Tls = std::unique_ptr<SSL, OpensslDelete<SSL_free>>;
  /// A client's side: `ssl` has the descriptor already and is ready to connect; null: plain.
  Stream(int descriptor, Tls ssl) : descriptor_(descriptor), ssl_(std::move(ssl)) {}

  Progress handshake();
  Progress read(void* data, std::size_t size);
  Progress write(const void* data, std::size_t size);

  /// Says goodbye: close_notify where there is TLS, then FIN. Reading is still possible afterwards.
  Progress finish();
  /// Reads off and drops what the peer still sends, undecrypted. Done: there may be more.
  Progress discard();

  /// What was wrong with the client's certificate, right after a handshake that failed; empty: nothing.
  std::string refusal() const;

  /// Input that has left the descriptor already: do not wait for more before it is read.
  bool pending() const;

 private:
  Progress of_tls(int result, std::size_t bytes);

  int descriptor_;
  std::shared_ptr<const ClientTrust> clients_;  ///< outlives what OpenSSL knows of it
  Tls ssl_;
  bool established_ = false;
  bool broken_ = false;  ///< after a fatal TLS error OpenSSL forbids further calls
};

}  // namespace holdfast::net
