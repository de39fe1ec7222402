#include "src/cli/make_index.hpp"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "holdfast/index/backends.hpp"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kGrace{1};

/// What every backend that runs kopia has.
template <class Options>
Options kopia_options(const Settings& settings) {
  Options options;
  options.password = settings.index.password;
  options.password_file = settings.index.password_file;
  options.kopia_binary = settings.index.kopia;
  options.cache_dir = settings.index.cache_dir;
  options.timeout = settings.index.timeout;
  if (const auto* pinned = std::get_if<core::RepositoryId>(&settings.policy.pin)) options.pinned = *pinned;
  return options;
}

index::KopiaFsOptions fs_options(const Settings& settings) {
  auto options = kopia_options<index::KopiaFsOptions>(settings);
  options.path = std::filesystem::absolute(settings.index.path).lexically_normal();  // kopia wants no other
  options.allow_cached_mount = settings.index.allow_cached_mount;
  return options;
}

index::KopiaS3Options s3_options(const Settings& settings) {
  auto options = kopia_options<index::KopiaS3Options>(settings);
  options.s3 = settings.index.s3;
  return options;
}

/// Those that are set for them, or holdfast's own.
index::S3Credentials keys_of_movers(const Settings& settings) {
  const volsync::SecretOptions& secret = settings.generator.secret;
  if (secret.access_key_file.empty()) return index::read_s3_keys(settings.index.s3);
  index::S3Options theirs;
  theirs.access_key_file = secret.access_key_file;
  theirs.secret_key_file = secret.secret_key_file;
  try {
    return index::read_s3_keys(theirs);
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(std::string("generator.secret.accessKeyFile and secretKeyFile: ") + e.what());
  }
}

}  // namespace

std::unique_ptr<index::Index> make_index(const Settings& settings, const ops::Logger& log, ops::Metrics& metrics) {
  if (settings.index.backend == "catalog") {
    return index::make_catalog_index({settings.index.catalog_file, settings.index.timeout}, log, metrics);
  }
  if (settings.index.backend.empty()) {
    throw SettingsError("index.backend (--index-backend) is not set; allowed: kopia-fs|kopia-s3|catalog");
  }
  try {
    if (settings.index.backend == "kopia-s3") return index::make_kopia_s3_index(s3_options(settings), log, metrics);
    return index::make_kopia_fs_index(fs_options(settings), log, metrics);
  } catch (const std::invalid_argument& e) {
    throw SettingsError(e.what());
  } catch (const std::system_error& e) {
    throw SettingsError(std::string("index.cacheDir (--cache-dir): ") + e.what());
  }
}

volsync::Credentials read_credentials(const Settings& settings) {
  volsync::Credentials credentials;
  credentials.password = index::read_password(kopia_options<index::KopiaBackendOptions>(settings));
  if (settings.index.backend != "kopia-s3") return credentials;
  index::S3Credentials keys = keys_of_movers(settings);
  credentials.access_key = std::move(keys.access_key);
  credentials.secret_key = std::move(keys.secret_key);
  credentials.session_token = std::move(keys.session_token);
  return credentials;
}

core::Evidence look(const Settings& settings, index::Index& index) {
  // A look and a listing, one after the other.
  return index::prove_now(index, std::chrono::steady_clock::now() + 2 * settings.index.timeout + kGrace);
}

}  // namespace holdfast::cli
