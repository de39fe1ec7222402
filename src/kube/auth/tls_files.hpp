// The TLS part of a configuration, from its files: whom we trust, and the client certificate that we show.
// One thread at a time.
#pragma once

#include <memory>

#include "holdfast/kube/config.hpp"
#include "holdfast/net/client.hpp"
#include "src/kube/auth/watched_file.hpp"

namespace holdfast::kube {

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

}  // namespace holdfast::kube
