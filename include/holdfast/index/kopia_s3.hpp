// The backend `kopia-s3`: a kopia repository in a bucket of any server that speaks S3.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/core/evidence.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::index {

/// Where the bucket is, and with which keys it may be read: ListBucket on the bucket, GetObject on what it holds.
struct S3Options {
  std::string endpoint;  ///< index.s3.endpoint: "https://host[:port]", "http://…", or "host[:port]", which is https
  std::string bucket;    ///< index.s3.bucket
  /// index.s3.prefix: before the names of all objects, letter for letter as kopia's own --prefix; one that shall look
  /// like a folder ends with a slash.
  std::string prefix;
  std::string region = "us-east-1";  ///< index.s3.region
  std::string ca_file;               ///< index.s3.caFile: PEM; empty: the system's authorities
  std::string access_key;            ///< AWS_ACCESS_KEY_ID; used when there is no file, and so the next two
  std::string secret_key;            ///< AWS_SECRET_ACCESS_KEY
  std::string session_token;         ///< AWS_SESSION_TOKEN; empty: none
  std::string access_key_file;       ///< index.s3.accessKeyFile; this and the next two are read at each use
  std::string secret_key_file;       ///< index.s3.secretKeyFile
  std::string session_token_file;    ///< index.s3.sessionTokenFile
  /// index.s3.pathStyle: host/bucket/key rather than bucket.host/key. Not set: paths, but for Amazon's own servers.
  std::optional<bool> path_style;
};

struct KopiaS3Options {
  S3Options s3;
  std::string password;                      ///< KOPIA_PASSWORD; used when there is no file
  std::string password_file;                 ///< index.passwordFile; read at each use
  std::string kopia_binary = "kopia";        ///< index.kopia: a path, or a name on PATH
  std::string cache_dir;                     ///< index.cacheDir; empty: a private folder under TMPDIR
  std::chrono::milliseconds timeout{8000};   ///< index.timeout: one look at the bucket; a listing that needs more than
                                             ///< this gets twice as long the next time, up to five minutes
  std::optional<core::RepositoryId> pinned;  ///< index.repositoryId: no other repository is ever listed
};

/// Asks nobody yet: what is wrong with the bucket shows in the evidence. Throws std::invalid_argument naming the
/// setting that cannot be used, and std::system_error when the cache folder cannot be made. `log` and `metrics` outlive
/// the index.
std::unique_ptr<Index> make_kopia_s3_index(const KopiaS3Options& options, const ops::Logger& log,
                                           ops::Metrics& metrics);

/// The identity of the repository in the bucket, read without kopia and without its password. Throws
/// std::invalid_argument naming the setting, or std::runtime_error naming the place. Blocks for up to `timeout`.
core::RepositoryId repository_id(const S3Options& options, std::chrono::milliseconds timeout);

}  // namespace holdfast::index
