// What the settings of a bucket come to: the server, how its objects are named there, and the keys.
// Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "holdfast/index/backends.hpp"
#include "src/index/s3/signature.hpp"

namespace holdfast::index {

struct S3Address {
  bool tls = true;
  std::string endpoint;  ///< the server without its bucket, as kopia takes it: "host:port"
  std::string server;    ///< whom we connect to; with the bucket in front where it is named by the host
  std::uint16_t port = 443;
  std::string host_header;  ///< as the HTTP client sends it
  std::string bucket_path;  ///< "/bucket", or "" where the host names it
  std::string bucket;
  std::string prefix;
  std::string region;

  /// Throws std::invalid_argument naming the setting, and never with the endpoint's text, which may hold a password.
  static S3Address of(const S3Options& options);

  std::string place() const;  ///< for people: "s3://bucket/prefix"

  S3Request get(std::string_view blob) const;
  /// One page of the blobs whose names begin so; `continuation` empty: the first.
  S3Request list(std::string_view names, std::string_view continuation) const;

 private:
  S3Request request(const std::string& path) const;
};

/// The authorities to trust, as the file is now; empty: the system's own. Throws std::runtime_error naming the setting
/// and the file.
std::string read_s3_ca(const std::string& file);

}  // namespace holdfast::index
