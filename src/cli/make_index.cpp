#include "src/cli/make_index.hpp"

#include <filesystem>
#include <system_error>

#include "holdfast/index/catalog.hpp"
#include "holdfast/index/kopia_fs.hpp"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kGrace{1};

index::KopiaFsOptions kopia_options(const Settings& settings) {
  index::KopiaFsOptions options;
  options.path = std::filesystem::absolute(settings.index.path).lexically_normal();  // kopia wants no other
  options.password = settings.index.password;
  options.password_file = settings.index.password_file;
  options.kopia_binary = settings.index.kopia;
  options.cache_dir = settings.index.cache_dir;
  options.timeout = settings.index.timeout;
  options.allow_cached_mount = settings.index.allow_cached_mount;
  if (const auto* pinned = std::get_if<core::RepositoryId>(&settings.policy.pin)) options.pinned = *pinned;
  return options;
}

}  // namespace

std::unique_ptr<index::Index> make_index(const Settings& settings, const ops::Logger& log, ops::Metrics& metrics) {
  if (settings.index.backend == "catalog") {
    return index::make_catalog_index({settings.index.catalog_file, settings.index.timeout}, log, metrics);
  }
  if (settings.index.backend != "kopia-fs") {
    throw SettingsError("index.backend (--index-backend) is not set; allowed: kopia-fs|catalog");
  }
  try {
    return index::make_kopia_fs_index(kopia_options(settings), log, metrics);
  } catch (const std::system_error& e) {
    throw SettingsError(std::string("index.cacheDir (--cache-dir): ") + e.what());
  }
}

core::Evidence look(const Settings& settings, index::Index& index) {
  // A look and a listing, one after the other.
  return index::prove_now(index, std::chrono::steady_clock::now() + 2 * settings.index.timeout + kGrace);
}

}  // namespace holdfast::cli
