// One watch: the credential first, then the stream, cut into lines.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "src/kube/client_impl.hpp"
#include "src/kube/watch/watch_lines.hpp"

namespace holdfast::kube {

class WatchStream : public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(std::weak_ptr<Client::Impl> client, net::Call call, Client::WatchCallbacks callbacks);
  void start();
  /// No callback begins afterwards.
  void cancel();

 private:
  void open(const Credential& credential);
  net::Client::StreamCallbacks stream_callbacks();
  void head(const net::Reply& reply);
  void data(std::string_view bytes);
  void ended(const std::string& problem);
  bool renew();
  void end(const ApiError& error);
  void close_stream();

  const std::weak_ptr<Client::Impl> client_;
  const net::Call call_;
  const Client::WatchCallbacks callbacks_;

  std::atomic<bool> over_ = false;
  std::mutex mutex_;  ///< over stream_; never held while a callback runs
  std::unique_ptr<net::Client::Stream> stream_;

  // From here on only the stream's callbacks, which come one at a time.
  net::Reply head_;
  WatchLines lines_;
  std::uint64_t serial_ = 0;
  bool renewed_ = false;
};

/// What the user holds.
class WatchHandle : public Client::Watch {
 public:
  explicit WatchHandle(std::shared_ptr<WatchStream> stream) : stream_(std::move(stream)) {}
  ~WatchHandle() override { stream_->cancel(); }

 private:
  std::shared_ptr<WatchStream> stream_;
};

}  // namespace holdfast::kube
