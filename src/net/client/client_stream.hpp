// One streamed answer, on a connection of its own. Methods: any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "src/net/client/client_impl.hpp"
#include "src/net/client/client_message.hpp"

namespace holdfast::net {

class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  LiveStream(std::shared_ptr<Client::Impl> client, const Call& call, Client::StreamCallbacks callbacks);

  void start();
  /// No callback begins any more.
  void cancel();
  /// The client's destructor does it, on its own thread, after its guard is closed.
  void end_by_client();

  /// What the caller holds; cancels when it goes.
  static std::unique_ptr<Client::Stream> handle(std::shared_ptr<LiveStream> stream);

 private:
  template <class T>
  using Task = Connection::Task<T>;

  Task<void> run(StreamPtr self);
  Task<std::string> exchange();
  Task<std::string> receive();
  bool deliver(ReplyParser& parser, bool complete);
  void watch_deadline();
  void interrupt();

  template <class F>
  bool tell(const F& f);
  void tell_end(const std::string& problem);
  bool is_over();
  bool set_over();

  const std::shared_ptr<Client::Impl> client_;
  const std::optional<std::string> request_;
  const bool to_head_;
  const Connection::Clock::time_point deadline_;
  const Client::StreamCallbacks callbacks_;
  const std::shared_ptr<Connection> connection_;
  Connection::Timer timer_;  ///< the deadline's; on the strand, as head_told_
  bool head_told_ = false;

  std::mutex mutex_;
  bool over_ = false;
};

}  // namespace holdfast::net
