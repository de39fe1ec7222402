// A kopia repository on a mounted path, as a backend: the folders say whether anything changed, kopia what is in it.
#pragma once

#include <string>

#include "holdfast/index/backends.hpp"
#include "src/index/kopia/kopia.hpp"
#include "src/index/kopia/mountinfo.hpp"
#include "src/index/proof/backend.hpp"

namespace holdfast::index {

/// Any thread.
class KopiaFs final : public Backend {
 public:
  explicit KopiaFs(const KopiaFsOptions& options);

  std::string_view name() const override { return "kopia-fs"; }
  std::string_view place() const override { return path_; }
  std::string_view kind() const override { return "the mounted repository"; }
  ProbeResult probe() override;
  ListingResult list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                     const std::atomic<bool>& cancel) override;

 private:
  Fingerprint look() const;
  void require_uncached_mount() const;
  Failure explain(Failure failure, const std::atomic<bool>& cancel) const;

  const std::string path_;
  const std::string mountinfo_path_;
  mutable MountTable mounts_;
  const bool allow_cached_mount_;
  const Hasher hasher_;
  Kopia kopia_;
};

}  // namespace holdfast::index
