// A listing in a file, as a backend. Equal content hash and equal stat: the file was not touched.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "src/index/proof/backend.hpp"

namespace holdfast::index {

/// Any thread.
class CatalogFile final : public Backend {
 public:
  explicit CatalogFile(std::string file);

  std::string_view name() const override { return "catalog"; }
  std::string_view place() const override { return file_; }
  std::string_view kind() const override { return "the catalog file"; }
  ProbeResult probe() override;
  ListingResult list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                     const std::atomic<bool>& cancel) override;

 private:
  struct Content {
    Hash128 stat;
    Hash128 hash;
  };
  Hash128 content_hash(int fd, const Hash128& stat, core::Time touched);

  const std::string file_;
  const Hasher hasher_;
  std::mutex mutex_;
  std::optional<Content> settled_;  ///< read when the file's times were old enough to tell the next change by
};

}  // namespace holdfast::index
