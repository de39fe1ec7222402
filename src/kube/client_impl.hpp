// The requests of a Client under way, with their repeats.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "holdfast/kube/client.hpp"
#include "holdfast/net/client.hpp"
#include "src/kube/auth/credentials.hpp"

namespace holdfast::kube {

struct Client::Impl : std::enable_shared_from_this<Impl> {
  /// One request of the user, which may take several of HTTP.
  struct Exchange {
    net::Call call;
    Done done;
    bool missing_is_done = false;  ///< a 404 is what was wanted
    std::uint64_t serial = 0;      ///< of the credential last sent
    int repeats = 0;               ///< because the server asked for them
    bool renewed = false;          ///< repeated with another credential
  };
  using ExchangePtr = std::shared_ptr<Exchange>;

  Impl(net::Loop& loop, Config config, const Options& options, const ops::Logger& log);
  void start();
  void stop();

  void send(net::Call call, Deadline deadline, Done done, bool missing_is_done = false);

  void authorize(const ExchangePtr& exchange);
  void transmit(const ExchangePtr& exchange, const Credential& credential);
  void answered(const ExchangePtr& exchange, net::CallResult answer);
  bool repeat(const ExchangePtr& exchange, const ApiError& error);
  void finish(const ExchangePtr& exchange, Result result);
  void finish_on_loop(const ExchangePtr& exchange, ApiError error);
  void add_headers(net::Call& call, const Credential& credential) const;

  net::Loop& loop;
  const Config config;
  const std::string user_agent;
  const std::shared_ptr<Credentials> credentials;

  std::mutex mutex;  ///< over the next three; never held while a callback runs
  std::unique_ptr<net::Client> http;
  std::unordered_set<ExchangePtr> open;
  bool stopped = false;

  std::atomic<std::uint64_t> reads = 0;
  std::atomic<std::uint64_t> writes = 0;
};

}  // namespace holdfast::kube
