// What proves to the API server who we are, kept up to date: a bearer token, a client certificate, or a program that
// prints either. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "holdfast/kube/client.hpp"
#include "holdfast/kube/config.hpp"
#include "holdfast/net/client.hpp"
#include "holdfast/ops/log.hpp"
#include "src/kube/auth/exec_source.hpp"
#include "src/kube/auth/watched_file.hpp"

namespace holdfast::kube {

/// What one request is sent with.
struct Credential {
  std::string authorization;  ///< the header's value; empty: none
  std::uint64_t serial = 0;   ///< tells a refused one from its successor
};
using CredentialResult = std::variant<Credential, ApiError>;

/// The TLS part of a configuration, from its files: whom we trust, and the client certificate that we show.
/// One thread at a time.
class TlsFiles {
 public:
  using Clock = WatchedFile::Clock;

  /// Throws std::runtime_error where a file cannot be read now.
  explicit TlsFiles(const Config& config);

  /// Reads files that changed; whether one did. Throws as WatchedFile::look().
  bool look(Clock::time_point now, bool at_once);
  bool has_files() const { return ca_.is_file() || cert_.is_file() || key_.is_file(); }

  /// With this client certificate, or where it is empty that of the files. Throws std::runtime_error, such as when
  /// certificate and key do not fit (yet: they are two files, and one is replaced first).
  std::shared_ptr<const net::ClientTls> make(const std::string& cert_pem = {}, const std::string& key_pem = {}) const;

  const std::string& ca_pem() const { return ca_.text(); }

 private:
  std::string server_name_;
  bool verify_;
  WatchedFile ca_, cert_, key_;
};

/// A program wins over a token file, and that over a token.
class Credentials : public std::enable_shared_from_this<Credentials> {
 public:
  /// Takes what new connections are to use from now on.
  using UseTls = std::function<void(std::shared_ptr<const net::ClientTls>)>;

  /// Reads every file. Throws ConfigError. The loop and the log outlive stop().
  Credentials(net::Loop& loop, const Config& config, const ops::Logger& log);

  /// Null: plain HTTP.
  std::shared_ptr<const net::ClientTls> first_tls() const { return first_tls_; }
  void set_use_tls(UseTls use_tls);

  /// `done` is called once: here or on the loop, within the deadline.
  void get(Deadline deadline, std::function<void(CredentialResult)> done);
  /// The API server refused it (401): files are read again and a program is run again. Whether that may help.
  bool refused(std::uint64_t serial);
  /// Ends a run of the program; nothing is handed to UseTls any more.
  void stop();

 private:
  void look(bool at_once);
  void reload_tls();
  CredentialResult from_program(const ExecSource::Found& found);
  std::string bearer() const;

  const ops::Logger& log_;
  std::shared_ptr<ExecSource> program_;  ///< null: none
  std::shared_ptr<const net::ClientTls> first_tls_;

  std::mutex mutex_;  ///< over what follows
  bool tls_ = false;
  TlsFiles tls_files_;
  WatchedFile token_;
  UseTls use_tls_;
  std::uint64_t used_serial_ = 0;  ///< of the program's run whose certificate is in use
  bool tls_is_late_ = false;       ///< files changed, but do not fit together yet
};

}  // namespace holdfast::kube
