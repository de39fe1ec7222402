// The socket of a client: name, TCP, TLS, bytes. It knows nothing of HTTP. Lives on a strand of its own, on which all
// methods are called, one coroutine at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/net/client.hpp"
#include "src/net/stream.hpp"

namespace holdfast::net {

/// Whom a client talks to.
struct Peer {
  std::string host;
  std::uint16_t port = 0;
  std::string address;  ///< both of them, for texts
  std::chrono::milliseconds connect{};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Strand>;
  template <class T>
  using Task = boost::asio::awaitable<T, Strand>;

  Connection(boost::asio::io_context& context, Peer peer);

  const Strand& strand() const { return strand_; }

  /// Connects, all addresses of the name in turn. `tls` null: plain.
  Task<std::optional<CallFailure>> open(std::shared_ptr<const ClientTls> tls);
  /// False: not everything was sent; the peer may have said why, so that reading is still worth while.
  Task<bool> write(std::string_view bytes);
  /// Done or Closed. A peer that never pauses does not keep others on this thread waiting.
  Task<Progress> read(char* data, std::size_t size);
  /// Why read() has just said Closed.
  CallFailure closed(const Progress& progress) const;

  bool is_open() const { return stream_.has_value(); }
  /// Open, with this TLS, and the peer has neither closed it nor said anything unasked.
  bool usable(const ClientTls* tls);
  void close();

  /// Closes and calls `f` on the strand when an idle peer says something or closes, until unwatch().
  void watch(std::function<void()> f);
  void unwatch();

  /// What waits or begins to wait fails, until close().
  void interrupt();

 private:
  using Socket = boost::asio::ip::tcp::socket::rebind_executor<Strand>::other;
  using Endpoint = boost::asio::ip::tcp::endpoint;
  using Error = boost::system::error_code;
  struct Lookup;

  Task<std::optional<CallFailure>> establish(const ClientTls* tls);
  Task<std::optional<CallFailure>> resolve(std::vector<Endpoint>& found);
  Task<std::optional<CallFailure>> connect(const std::vector<Endpoint>& endpoints);
  Task<Error> try_endpoint(const Endpoint& endpoint);
  Task<std::optional<CallFailure>> handshake(const ClientTls& tls);
  Task<bool> ready(Progress::State state);
  Task<void> give_way(std::size_t bytes);

  void limit(Clock::time_point until);
  void wake();
  CallFailure cannot_connect(const std::string& why) const;

  const Strand strand_;
  const Peer peer_;
  Socket socket_;
  Timer limit_;  ///< of the step that is under way while connecting
  std::shared_ptr<Lookup> lookup_;
  std::optional<Stream> stream_;
  std::shared_ptr<const ClientTls> tls_;
  std::string tls_problem_;
  Clock::time_point connected_by_;
  std::size_t unpaused_bytes_ = 0;
  std::size_t watch_ = 0;  ///< which one is under way: an earlier one's news may come late
  bool late_ = false;
  bool interrupted_ = false;
};

}  // namespace holdfast::net
