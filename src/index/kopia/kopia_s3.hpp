// A kopia repository in a bucket, as a backend: the names of its objects say whether anything changed, kopia what is in
// it.
#pragma once

#include <string>

#include "holdfast/index/backends.hpp"
#include "src/index/kopia/format.hpp"
#include "src/index/kopia/kopia.hpp"
#include "src/index/proof/backend.hpp"
#include "src/index/s3/client.hpp"

namespace holdfast::index {

/// The repository's format and identity as the bucket has them now. Throws std::runtime_error.
RepositoryFormat read_s3_format(S3Session& session, const S3Address& address, const Hasher& hasher);

/// Any thread.
class KopiaS3 final : public Backend {
 public:
  /// Throws as make_kopia_s3_index().
  explicit KopiaS3(const KopiaS3Options& options);

  std::string_view name() const override { return "kopia-s3"; }
  std::string_view place() const override { return place_; }
  std::string_view kind() const override { return "the repository in a bucket"; }
  std::vector<std::pair<std::string, std::string>> whereabouts() const override;
  ProbeResult probe() override;
  ListingResult list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                     const std::atomic<bool>& cancel) override;
  void stop() override { client_.stop(); }

 private:
  Fingerprint look(std::chrono::steady_clock::time_point deadline);
  KopiaStorage storage() const;

  S3Client client_;
  const std::string place_;
  const std::chrono::milliseconds timeout_;
  const Hasher hasher_;
  Kopia kopia_;
};

}  // namespace holdfast::index
