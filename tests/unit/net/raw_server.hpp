// A server that does exactly what a test says, byte for byte: POSIX sockets on 127.0.0.1, a thread per connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace test {

/// The server's end of one connection. Every call gives up after five seconds, as if the client had closed it.
class RawPeer {
 public:
  explicit RawPeer(int fd) : fd_(fd) {}
  /// One whole request, head and body; nullopt: the client ended the connection.
  std::optional<std::string> request();
  void send(const std::string& bytes);
  /// Answers "200" with this body, keeping the connection.
  void answer(const std::string& body);
  /// Whether the client ends the connection without another byte.
  bool closed_by_client();

 private:
  bool fill();
  int fd_;
  std::string buffer_;
};

class RawServer {
 public:
  /// Called for each connection, `nth` from 1; the connection is closed when it returns.
  using Script = std::function<void(RawPeer& peer, int nth)>;
  explicit RawServer(Script script);
  /// Ends what is open and joins.
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  void accept_all();

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

/// Answers everything with the target of the request.
void echo_target(RawPeer& peer, int nth);
/// "/path" of a request.
std::string target_of(const std::string& request);

}  // namespace test
