#include "src/index/proof/catalog.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/base/file.hpp"
#include "holdfast/index/backends.hpp"
#include "holdfast/json/listing.hpp"
#include "src/index/proof/prover.hpp"

namespace holdfast::index {

namespace {

/// File systems stamp changes with a coarse clock: within this time of a change another may leave the same stamp.
constexpr std::chrono::seconds kCoarseClock{2};

core::Time time_of(const timespec& time) {
  return core::Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

class Late : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

CatalogFile::CatalogFile(std::string file) : file_(std::move(file)), hasher_(Hasher::seeded_randomly()) {}

ProbeResult CatalogFile::probe() {
  try {
    struct stat stat {};
    const base::Descriptor file = base::open_regular(file_, stat);
    Fingerprint fingerprint;
    fingerprint.names = hasher_(base::file_state(stat));
    const core::Time touched = std::max(time_of(stat.st_mtim), time_of(stat.st_ctim));
    fingerprint.format = content_hash(file.get(), fingerprint.names, touched);
    return fingerprint;
  } catch (const std::exception& error) {
    return Failure{error.what()};
  }
}

Hash128 CatalogFile::content_hash(int fd, const Hash128& stat, core::Time touched) {
  {
    const std::lock_guard lock(mutex_);
    if (settled_ && settled_->stat == stat) return settled_->hash;
  }
  const bool settled = base::utc_now() - touched > kCoarseClock;
  Hasher::Stream stream(hasher_);
  std::array<char, 64 * 1024> buffer;
  while (const std::size_t got = base::read_some(fd, buffer)) stream.add({buffer.data(), got});
  const Hash128 hash = stream.digest();
  if (settled) {
    const std::lock_guard lock(mutex_);
    settled_ = Content{stat, hash};
  }
  return hash;
}

ListingResult CatalogFile::list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                                const std::atomic<bool>& cancel) {
  try {
    struct stat stat {};
    const base::Descriptor file = base::open_regular(file_, stat);
    core::Catalog::Builder builder;
    Hasher::Stream content(hasher_);
    const auto began = std::chrono::steady_clock::now();
    std::size_t taken = 0;
    const auto source = [&](char* buffer, std::size_t size) {
      const auto now = std::chrono::steady_clock::now();
      if (cancel || now > deadline) {
        throw Late(
            fmt::format("{}: {} of {} bytes were read in {:.1f} s, and the time was over; the next try has twice "
                        "as long, and index.timeout is that of the first",
                        file_, taken, stat.st_size, base::seconds(now - began)));
      }
      const std::size_t got = base::read_some(file.get(), {buffer, size});
      taken += got;
      content.add({buffer, got});
      return got;
    };
    if (const auto problem = json::read_listing(source, builder)) {
      return Failure{fmt::format("{}: {}", file_, *problem)};
    }
    // A file rewritten in place may read as a mixture of both.
    if (content.digest() != before.format) return Failure{fmt::format("{}: changed while it was read", file_)};
    return Reading{std::make_shared<const core::Catalog>(std::move(builder).build()), true};
  } catch (const Late& late) {
    return Failure{late.what(), true};
  } catch (const std::exception& error) {
    return Failure{error.what()};
  }
}

std::unique_ptr<Index> make_catalog_index(CatalogOptions options, const ops::Logger& log, ops::Metrics& metrics) {
  return make_prover(std::make_shared<CatalogFile>(std::move(options.file)), options.timeout, std::nullopt, log,
                     metrics);
}

}  // namespace holdfast::index
