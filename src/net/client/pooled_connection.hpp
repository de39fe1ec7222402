// One place of a client's pool: a kept connection, on which it serves one call after the other. Methods: any thread.
#pragma once

#include <memory>

#include "src/net/client/client_impl.hpp"

namespace holdfast::net {

class PooledConnection : public std::enable_shared_from_this<PooledConnection> {
 public:
  explicit PooledConnection(std::shared_ptr<Client::Impl> client);

  void start();
  /// There is a call for it in `given`, or nothing, and it ends.
  void wake();
  /// Nobody waits for this call's answer any more.
  void abandon(const ExchangePtr& exchange);
  void stop();

  ExchangePtr given{};  ///< under the client's mutex

 private:
  template <class T>
  using Task = Connection::Task<T>;

  Task<void> run(PooledPtr self);
  Task<ExchangePtr> wait_for_call(PooledPtr self);
  Task<CallResult> serve_safely(ExchangePtr exchange);
  Task<CallResult> serve(ExchangePtr exchange);
  Task<CallResult> attempt(const Exchange& exchange);
  Task<CallResult> answer(const Exchange& exchange);

  const std::shared_ptr<Client::Impl> client_;
  const std::shared_ptr<Connection> connection_;
  Connection::Timer idle_;
  // On the strand.
  ExchangePtr current_{};
  bool answer_began_ = false;
  bool stopped_ = false;
};

}  // namespace holdfast::net
