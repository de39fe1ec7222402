#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <stdexcept>

#include "holdfast/net/url.hpp"
#include "src/net/loop.hpp"
#include "src/net/server/session.hpp"

namespace holdfast::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kSweepInterval{250};
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string to_text(const tcp::endpoint& endpoint) {
  return address_text(endpoint.address().to_string(), endpoint.port());
}

tcp::acceptor listen_on(asio::io_context& context, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(context, endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false));
  acceptor.bind(endpoint);
  acceptor.listen();
  return acceptor;
}

bool has_no_ipv6(const error_code& error) {
  return error == asio::error::address_family_not_supported || error == asio::error::no_protocol_option ||
         error == boost::system::errc::address_not_available;
}

tcp::acceptor bind_dual_stack(asio::io_context& context, std::uint16_t port) {
  tcp::endpoint endpoint(tcp::v6(), port);
  try {
    try {
      return listen_on(context, endpoint);
    } catch (const boost::system::system_error& error) {
      if (!has_no_ipv6(error.code())) throw;
      endpoint = tcp::endpoint(tcp::v4(), port);
      return listen_on(context, endpoint);
    }
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cannot listen on " + to_text(endpoint) + ": " + error.code().message());
  }
}

Source source_of(const asio::ip::address& address) {
  if (address.is_v4()) return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
  Source bytes = address.to_v6().to_bytes();
  if (!address.to_v6().is_v4_mapped()) std::fill(bytes.begin() + 8, bytes.end(), 0);
  return bytes;
}

}  // namespace

struct Listener::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, const Options& options, Handler handler)
      : context(io),
        service(std::make_shared<Service>(options, std::move(handler))),
        acceptor(bind_dual_stack(io, options.port)),
        endpoint(acceptor.local_endpoint()),
        sweeper(io),
        pause(io) {}

  void accept_next();
  void accepted(error_code error, Socket socket);
  void admit(Socket socket);
  void sweep();
  void stop_accepting();

  asio::io_context& context;
  const std::shared_ptr<Service> service;
  std::mutex mutex;  ///< over what follows, which any thread may close
  tcp::acceptor acceptor;
  const tcp::endpoint endpoint;
  asio::steady_timer sweeper;
  asio::steady_timer pause;
  bool over = false;
};

void Listener::Impl::accept_next() {
  std::lock_guard lock(mutex);
  if (!acceptor.is_open()) return;
  acceptor.async_accept(asio::make_strand(context), [self = shared_from_this()](error_code error, Socket socket) {
    self->accepted(error, std::move(socket));
  });
}

void Listener::Impl::accepted(error_code error, Socket socket) {
  if (!error) {
    admit(std::move(socket));
  } else if (error != asio::error::connection_aborted) {
    // Out of descriptors or memory, most likely: the kernel keeps the client waiting, so that trying at once would
    // spin.
    std::lock_guard lock(mutex);
    if (!acceptor.is_open()) return;
    pause.expires_after(kAcceptPause);
    pause.async_wait([self = shared_from_this()](error_code) { self->accept_next(); });
    return;
  }
  accept_next();
}

void Listener::Impl::admit(Socket socket) {
  using Welcome = ConnectionTable::Welcome;
  error_code gone;
  const tcp::endpoint peer = socket.remote_endpoint(gone);
  if (gone) return;
  try {
    const Source source = source_of(peer.address());
    const Welcome welcome = service->roster.make_room(source);
    if (welcome == Welcome::Refuse) return;
    std::make_shared<Session>(service, std::move(socket), source, welcome == Welcome::Overload)->start();
  } catch (const std::exception&) {
    // No memory for this connection: it is closed, the others go on.
  }
}

void Listener::Impl::sweep() {
  for (const auto& session : service->roster.late(Session::Clock::now())) session->expire();
  std::lock_guard lock(mutex);
  if (over) return;
  sweeper.expires_after(kSweepInterval);
  sweeper.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->sweep();
  });
}

void Listener::Impl::stop_accepting() {
  std::lock_guard lock(mutex);
  error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
}

Listener::Listener(Loop& loop, const Options& options, Handler handler)
    : impl_(std::make_shared<Impl>(loop.impl().context, options, std::move(handler))) {
  impl_->accept_next();
  impl_->sweep();
}

Listener::~Listener() {
  impl_->stop_accepting();
  impl_->service->stop();
  for (const auto& session : impl_->service->roster.all()) session->abort();
  std::lock_guard lock(impl_->mutex);
  impl_->over = true;
  impl_->sweeper.cancel();
}

std::uint16_t Listener::port() const { return impl_->endpoint.port(); }
std::string Listener::address() const { return to_text(impl_->endpoint); }
std::size_t Listener::connections() const { return impl_->service->roster.size(); }

void Listener::announce_close() { impl_->service->closing = true; }

void Listener::drain(std::chrono::steady_clock::time_point deadline) {
  impl_->service->closing = true;
  impl_->service->draining = true;
  impl_->stop_accepting();
  for (const auto& session : impl_->service->roster.all()) session->close_if_idle();
  impl_->service->roster.wait_until_empty(deadline);
}

}  // namespace holdfast::net
