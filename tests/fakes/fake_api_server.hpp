// An API server that says what a test tells it: plain HTTP/1.1 on a loopback port, a thread per connection.
// It keeps what it was asked, can stay silent or hang up, and can stream a watch line by line.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/base/file.hpp"
#include "holdfast/kube/config.hpp"

namespace holdfast::fakes {

struct ApiRequest {
  std::string method;
  std::string path;                            ///< as sent, without the query
  std::string query;                           ///< as sent, without '?'
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  bool is_watch() const { return query.find("watch=1") != std::string::npos; }
  std::string header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
  }
};

/// The lines of a watch, from the test to a connection. Any thread.
class ApiStream {
 public:
  void line(const std::string& text);
  void end();  ///< as a server whose time is up
  void cut();  ///< as a network that breaks

 private:
  friend class FakeApiServer;
  enum class State { Open, Ended, Cut };
  std::mutex mutex_;
  std::condition_variable wake_;
  std::list<std::string> lines_;
  State state_ = State::Open;
};

struct ApiAnswer {
  int status = 200;
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  bool silent = false;                  ///< no answer at all
  bool dropped = false;                 ///< instead the connection is closed
  std::chrono::milliseconds delay{};    ///< the answer comes this much later
  std::shared_ptr<ApiStream> stream{};  ///< instead of `body`
  std::string content_type = "application/json";
};

/// A metav1.Status.
ApiAnswer refusal(int code, const std::string& reason, const std::string& message = "no");

class FakeApiServer {
 public:
  /// Called on the connections' threads, one at a time.
  using Script = std::function<ApiAnswer(const ApiRequest&)>;

  explicit FakeApiServer(Script script);
  ~FakeApiServer();
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  kube::Config config() const;
  std::vector<ApiRequest> requests() const;
  /// Whether that many requests came within a minute.
  bool wait_for(std::size_t count) const;

 private:
  void accept_all();
  void serve(int socket);
  bool answer(int socket, const ApiRequest& request);
  bool stream_lines(int socket, ApiStream& stream);
  std::optional<ApiRequest> read_request(int socket, std::string& rest) const;

  const Script script_;
  base::Descriptor listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::mutex script_mutex_;
  std::vector<ApiRequest> requests_;
  std::vector<std::shared_ptr<ApiStream>> streams_;
  std::vector<base::Descriptor> sockets_;
  std::vector<std::thread> threads_;
  bool over_ = false;
  std::thread acceptor_;
};

}  // namespace holdfast::fakes
