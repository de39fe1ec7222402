// Where backups can be read from: a kopia repository on a mounted path or in a bucket, or a listing in a file.
// All of these indexes: what is wrong with the place shows in the evidence; `log` and `metrics` outlive the index.
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

/// What every backend that runs kopia has.
struct KopiaBackendOptions {
  std::string password;                      ///< KOPIA_PASSWORD; used when there is no file
  std::string password_file;                 ///< index.passwordFile; read at each use
  std::string kopia_binary = "kopia";        ///< index.kopia: a path, or a name on PATH
  std::string cache_dir;                     ///< index.cacheDir; empty: a private folder under TMPDIR
  std::chrono::milliseconds timeout{8000};   ///< index.timeout: one look at the repository; a listing that needs more
                                             ///< than this gets twice as long the next time, up to five minutes
  std::optional<core::RepositoryId> pinned;  ///< index.repositoryId: no other repository is ever listed
};

/// The password as it is now. Throws std::runtime_error naming the setting, and never with what is in the file. Blocks
/// for as long as the file system does.
std::string read_password(const KopiaBackendOptions& options);

/// The backend `kopia-fs`: a kopia repository on a mounted path, usually NFS.
struct KopiaFsOptions : KopiaBackendOptions {
  std::string path;                 ///< index.path
  bool allow_cached_mount = false;  ///< index.allowCachedMount
  std::string mountinfo_path = "/proc/self/mountinfo";
};

/// Reads nothing of the repository yet. Throws std::system_error when the cache folder cannot be made.
std::unique_ptr<Index> make_kopia_fs_index(const KopiaFsOptions& options, const ops::Logger& log,
                                           ops::Metrics& metrics);

/// The identity of the repository at `path`, read without kopia and without its password. Throws std::runtime_error
/// naming the path. Blocks for as long as the file system does.
core::RepositoryId repository_id(const std::string& path);

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

/// The keys of a bucket as they are now.
struct S3Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  ///< empty: none
  bool operator==(const S3Credentials&) const = default;
};
/// As read_password(): a rotated Secret needs no restart, and a missing one is told.
S3Credentials read_s3_keys(const S3Options& options);

/// The backend `kopia-s3`: a kopia repository in a bucket of any server that speaks S3.
struct KopiaS3Options : KopiaBackendOptions {
  S3Options s3;
};

/// Asks nobody yet. Throws std::invalid_argument naming the setting that cannot be used, and std::system_error when the
/// cache folder cannot be made.
std::unique_ptr<Index> make_kopia_s3_index(const KopiaS3Options& options, const ops::Logger& log,
                                           ops::Metrics& metrics);

/// The identity of the repository in the bucket, read without kopia and without its password. Throws
/// std::invalid_argument naming the setting, or std::runtime_error naming the place. Blocks for up to `timeout`.
core::RepositoryId repository_id(const S3Options& options, std::chrono::milliseconds timeout);

/// The backend `catalog`: a file in the form of `kopia snapshot list --all --json`, for demos, tests and rehearsals
/// without a repository.
struct CatalogOptions {
  std::string file;
  std::chrono::milliseconds timeout{8000};  ///< for one look at the file
};

/// Reads nothing yet.
std::unique_ptr<Index> make_catalog_index(CatalogOptions options, const ops::Logger& log, ops::Metrics& metrics);

}  // namespace holdfast::index
