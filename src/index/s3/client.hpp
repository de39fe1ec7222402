// A bucket, asked over HTTP: signed requests, each with a deadline, and what passes is tried again within it.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "holdfast/net/client.hpp"
#include "holdfast/net/server.hpp"
#include "src/index/s3/bucket.hpp"

namespace holdfast::index {

/// Keeps the connections. Any thread.
class S3Client {
 public:
  /// Throws std::invalid_argument naming the setting that cannot be used.
  explicit S3Client(const S3Options& options);
  ~S3Client();

  const S3Address& address() const { return address_; }
  const S3Options& options() const { return options_; }

  /// Ends what is under way; what comes later fails.
  void stop();

 private:
  friend class S3Session;
  /// Makes new connections trust what is in the CA file now. Throws std::runtime_error.
  void trust();
  std::future<net::CallResult> send(const net::Call& call);

  const S3Options options_;
  const S3Address address_;
  net::Loop loop_{1};
  std::mutex mutex_;                   ///< over the rest
  std::unique_ptr<net::Client> http_;  ///< null: none yet, or stopped
  std::optional<std::string> ca_;      ///< the authorities that http_ trusts
  bool stopped_ = false;
};

/// Some requests that belong together: one deadline, one reading of the keys. One thread; blocks. The client outlives
/// it. All methods throw std::runtime_error, for people and without a secret.
class S3Session {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  S3Session(S3Client& client, Deadline deadline);

  /// A request that is under way while this thread does something else.
  struct Pending {
    S3Request request;
    std::future<net::CallResult> answer;
  };
  Pending begin(S3Request request);

  /// The body; nullopt: there is no such object.
  std::optional<std::string> finish(Pending pending);

 private:
  std::future<net::CallResult> send(const S3Request& request);
  bool wait_before(int attempt) const;

  S3Client& client_;
  const Deadline deadline_;
  const S3Credentials keys_;
};

}  // namespace holdfast::index
