#include "tests/fakes/fake_api_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace holdfast::fakes {

namespace {

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_more(int socket, std::string& into) {
  std::array<char, 4096> buffer;
  const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  into.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

ApiRequest read_head(const std::string& head) {
  ApiRequest request;
  std::size_t at = head.find("\r\n");
  const std::string first = head.substr(0, at);
  const std::size_t space = first.find(' ');
  request.method = first.substr(0, space);
  const std::string target = first.substr(space + 1, first.rfind(' ') - space - 1);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  while (at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = end;
  }
  return request;
}

std::string head_of(const ApiAnswer& answer, const std::string& length) {
  std::string head =
      fmt::format("HTTP/1.1 {} Said\r\nContent-Type: {}\r\n{}\r\n", answer.status, answer.content_type, length);
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

}  // namespace

void ApiStream::line(const std::string& text) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(text + "\n");
  wake_.notify_all();
}

void ApiStream::end() {
  const std::lock_guard lock(mutex_);
  state_ = State::Ended;
  wake_.notify_all();
}

void ApiStream::cut() {
  const std::lock_guard lock(mutex_);
  state_ = State::Cut;
  wake_.notify_all();
}

ApiAnswer refusal(int code, const std::string& reason, const std::string& message) {
  return {.status = code,
          .body = fmt::format(
              R"({{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{}","reason":"{}","code":{}}})",
              message, reason, code)};
}

FakeApiServer::FakeApiServer(Script script)
    : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_.get(), raw, size) != 0 || listen(listener_.get(), 64) != 0 ||
      getsockname(listener_.get(), raw, &size) != 0) {
    throw std::runtime_error("the fake API server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeApiServer::~FakeApiServer() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const auto& stream : streams_) stream->cut();
    for (const auto& one : sockets_) shutdown(one.get(), SHUT_RDWR);
  }
  shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

kube::Config FakeApiServer::config() const {
  kube::Config config;
  config.host = "127.0.0.1";
  config.port = port_;
  config.tls = false;
  return config;
}

std::vector<ApiRequest> FakeApiServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool FakeApiServer::wait_for(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return requests_.size() >= count; });
}

void FakeApiServer::accept_all() {
  while (true) {
    base::Descriptor one(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard lock(mutex_);
    if (over_ || !one) return;
    const int number = one.get();
    sockets_.push_back(std::move(one));
    threads_.emplace_back([this, number] { serve(number); });
  }
}

void FakeApiServer::serve(int socket) {
  std::string rest;
  while (const auto request = read_request(socket, rest)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      changed_.notify_all();
    }
    if (!answer(socket, *request)) break;
  }
  shutdown(socket, SHUT_RDWR);
}

std::optional<ApiRequest> FakeApiServer::read_request(int socket, std::string& rest) const {
  while (rest.find("\r\n\r\n") == std::string::npos) {
    if (!receive_more(socket, rest)) return std::nullopt;
  }
  const std::size_t end = rest.find("\r\n\r\n");
  ApiRequest request = read_head(rest.substr(0, end + 2));
  rest.erase(0, end + 4);
  const std::string length = request.header("content-length");
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  while (rest.size() < size) {
    if (!receive_more(socket, rest)) return std::nullopt;
  }
  request.body = rest.substr(0, size);
  rest.erase(0, size);
  return request;
}

/// Whether the connection may be used again.
bool FakeApiServer::answer(int socket, const ApiRequest& request) {
  ApiAnswer said;
  {
    const std::lock_guard lock(script_mutex_);
    said = script_(request);
  }
  if (said.dropped) return false;
  if (said.delay.count() > 0) std::this_thread::sleep_for(said.delay);
  if (said.silent) {
    std::string ignored;
    while (receive_more(socket, ignored)) {
    }
    return false;
  }
  if (!said.stream) {
    return send_all(socket, head_of(said, fmt::format("Content-Length: {}", said.body.size())) + said.body);
  }
  {
    const std::lock_guard lock(mutex_);
    streams_.push_back(said.stream);
    if (over_) return false;
  }
  return send_all(socket, head_of(said, "Transfer-Encoding: chunked")) && stream_lines(socket, *said.stream);
}

bool FakeApiServer::stream_lines(int socket, ApiStream& stream) {
  std::unique_lock lock(stream.mutex_);
  while (true) {
    stream.wake_.wait(lock, [&] { return stream.state_ != ApiStream::State::Open || !stream.lines_.empty(); });
    if (stream.state_ == ApiStream::State::Cut) return false;
    std::string chunk;
    for (const std::string& line : stream.lines_) chunk += fmt::format("{:x}\r\n{}\r\n", line.size(), line);
    stream.lines_.clear();
    const bool ended = stream.state_ == ApiStream::State::Ended;
    lock.unlock();
    if (!send_all(socket, ended ? chunk + "0\r\n\r\n" : chunk)) return false;
    if (ended) return true;
    lock.lock();
  }
}

}  // namespace holdfast::fakes
