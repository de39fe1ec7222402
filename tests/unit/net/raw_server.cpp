#include "tests/unit/net/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace test {

bool RawPeer::fill() {
  char data[16 * 1024];
  const ssize_t n = ::recv(fd_, data, sizeof data, 0);
  if (n <= 0) return false;
  buffer_.append(data, static_cast<std::size_t>(n));
  return true;
}

std::optional<std::string> RawPeer::request() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  std::size_t size = end + 4;
  const std::string length = "\r\nContent-Length: ";
  const std::size_t at = buffer_.find(length);
  if (at < end) size += std::stoul(buffer_.substr(at + length.size()));
  while (buffer_.size() < size) {
    if (!fill()) return std::nullopt;
  }
  std::string request = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return request;
}

void RawPeer::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;  // the client may have had enough
    sent += static_cast<std::size_t>(n);
  }
}

void RawPeer::answer(const std::string& body) {
  send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool RawPeer::closed_by_client() {
  char byte = 0;
  return buffer_.empty() && ::recv(fd_, &byte, 1, 0) == 0;
}

RawServer::RawServer(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("raw server: cannot listen");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

void RawServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int at_once = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int nth = ++accepted_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    serving_.emplace_back([this, fd, nth] {
      RawPeer peer(fd);
      script_(peer, nth);
      // Closed by number, so not while the destructor may still shut it down.
      const std::lock_guard closing(mutex_);
      std::erase(open_, fd);
      ::close(fd);
    });
  }
}

RawServer::~RawServer() {
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : serving_) thread.join();
}

void echo_target(RawPeer& peer, int) {
  while (const auto request = peer.request()) peer.answer(target_of(*request));
}

std::string target_of(const std::string& request) {
  const std::size_t begin = request.find(' ') + 1;
  return request.substr(begin, request.find(' ', begin) - begin);
}

}  // namespace test
