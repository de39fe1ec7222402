#include "src/index/proof/catalog.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/base/file.hpp"
#include "holdfast/index/catalog.hpp"
#include "holdfast/json/listing.hpp"
#include "src/index/proof/prover.hpp"

namespace holdfast::index {

namespace {

using base::Descriptor;

/// File systems stamp changes with a coarse clock: within this time of a change another may leave the same stamp.
constexpr std::chrono::seconds kCoarseClock{2};

core::Time time_of(const timespec& time) {
  return core::Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

class Late : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct OpenFile {
  Descriptor fd;
  struct stat stat;
};

OpenFile open_regular(const std::string& path) {
  OpenFile file{base::open_file(path.c_str(), O_RDONLY | O_NONBLOCK), {}};
  if (fstat(file.fd.get(), &file.stat) != 0) throw std::system_error(errno, std::generic_category(), path);
  if (!S_ISREG(file.stat.st_mode)) throw std::runtime_error(fmt::format("{}: not a regular file", path));
  return file;
}

}  // namespace

CatalogFile::CatalogFile(std::string file) : file_(std::move(file)), hasher_(Hasher::seeded_randomly()) {}

ProbeResult CatalogFile::probe() {
  try {
    const OpenFile file = open_regular(file_);
    Fingerprint fingerprint;
    fingerprint.names = hasher_(base::file_state(file.stat));
    const core::Time touched = std::max(time_of(file.stat.st_mtim), time_of(file.stat.st_ctim));
    fingerprint.format = content_hash(file.fd.get(), fingerprint.names, touched);
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
    const OpenFile file = open_regular(file_);
    core::Catalog::Builder builder;
    Hasher::Stream content(hasher_);
    const auto source = [&](char* buffer, std::size_t size) {
      if (cancel || std::chrono::steady_clock::now() > deadline) throw Late(file_ + ": reading took too long");
      const std::size_t got = base::read_some(file.fd.get(), {buffer, size});
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
  ProofMachine::Options machine;
  machine.place = options.file;
  machine.probe_timeout = options.timeout;
  return std::make_unique<Prover>(std::make_shared<CatalogFile>(std::move(options.file)), std::move(machine), log,
                                  metrics);
}

}  // namespace holdfast::index
