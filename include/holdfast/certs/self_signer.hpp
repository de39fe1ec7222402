// A holdfast that makes its own certificates: the Rotation carried out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "holdfast/certs/cluster.hpp"
#include "holdfast/certs/rotation.hpp"
#include "holdfast/net/tls.hpp"
#include "holdfast/ops/log.hpp"

namespace holdfast::certs {

/// Any thread, but for look().
class SelfSigner : public net::TlsSource {
 public:
  struct Options {
    std::vector<std::string> names;   ///< DNS names of the service
    std::chrono::seconds lifetime{};  ///< of a certificate
    /// Derived from the lifetime, so that a short one leaves room for what must happen before its end.
    std::chrono::milliseconds settle() const;
    std::chrono::milliseconds between_looks() const;
  };
  /// The time of day, which certificates go by, and one that nobody sets.
  struct Times {
    core::Time utc;
    Rotation::Steady steady;
  };
  using Clock = std::function<Times()>;

  /// Serves a certificate that nobody believes until the first look. The references outlive it. Throws
  /// std::runtime_error for names that no certificate can carry.
  SelfSigner(Options options, SecretStore& store, BundlePublisher& publisher, Clock clock, const ops::Logger& log);
  ~SelfSigner() override;

  std::shared_ptr<const net::TlsContext> current() const override;

  /// Reads the entries and the Secret, writes what is due, publishes; then `done` with how long to wait for the next
  /// look. One look at a time. Does not throw. Nothing happens after the destructor has returned.
  void look(std::function<void(std::chrono::milliseconds again)> done);

  /// Why a client would refuse what is served; empty: nothing.
  std::string problem_at(core::Time now) const;
  /// Why the certificate would not be renewed, or its authority not published; empty: nothing.
  std::string trouble() const;
  core::Time not_after() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::certs
