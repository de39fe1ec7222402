// One connection from accept to close: a coroutine on a strand of its own, which owns the socket and all its bytes.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "src/net/server/parser.hpp"
#include "src/net/server/response_slot.hpp"
#include "src/net/server/service.hpp"
#include "src/net/stream.hpp"

namespace holdfast::net {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
using Socket = boost::asio::ip::tcp::socket::rebind_executor<Strand>::other;

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  /// `overloaded`: serves one request, says so to the handler, and closes.
  Session(std::shared_ptr<Service> service, Socket socket, const Source& source, bool overloaded);
  ~Session();

  void start();

  // Any thread. No timer runs per request: the listener's sweeper looks at the deadline of every session.
  Clock::time_point deadline() const { return Clock::time_point(Clock::duration(deadline_.load())); }
  /// Ends what has been going on for too long.
  void expire();
  /// Ends the connection unless a request is under way.
  void close_if_idle();
  /// Ends the connection now.
  void abort();
  /// Ends it for another one, unless a request is with the handler.
  void make_way();

 private:
  template <class T>
  using Task = boost::asio::awaitable<T, Strand>;
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Strand>;
  enum class Received { Complete, Ended, Faulty };

  Task<void> run(std::shared_ptr<Session> self);
  Task<bool> handshake();
  Task<bool> exchange();
  Task<Received> receive(RequestParser& parser);
  bool take_body(RequestParser& parser);
  Task<bool> first_byte();
  Task<bool> read_more(std::size_t size);
  Task<Response> ask(Request request);
  Task<bool> answer(const Response& response, const RequestParser& parser, bool keep_alive);
  Task<bool> refuse(const RequestParser& parser);
  Task<bool> write_out();
  Task<void> say_goodbye();
  Task<bool> ready(Progress::State state);

  void allow(std::chrono::milliseconds time) { deadline_ = (Clock::now() + time).time_since_epoch().count(); }
  void notify();
  void interrupt();
  void tell_refusal();

  std::shared_ptr<Service> service_;
  Strand strand_;
  Socket socket_;
  Stream stream_;
  Timer answered_;  ///< never fires; cancelled to wake the coroutine that waits for an answer
  std::shared_ptr<ResponseSlot> slot_;
  boost::beast::flat_buffer in_;
  std::string out_;
  std::atomic<Clock::rep> deadline_;
  const bool overloaded_;
  // Touched on the strand only.
  bool served_ = false;           ///< an answer was given
  std::size_t counted_body_ = 0;  ///< bytes of the body under way that the roster knows of
  bool idle_ = false;             ///< between two requests, nothing read of the next
  bool time_up_ = false;          ///< what waits or begins to wait is over
};

}  // namespace holdfast::net
