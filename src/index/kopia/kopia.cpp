#include "src/index/kopia/kopia.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "holdfast/base/file.hpp"
#include "holdfast/json/listing.hpp"
#include "src/index/kopia/kopia_errors.hpp"
#include "src/index/kopia/kopia_trace.hpp"

namespace holdfast::index {

namespace fs = std::filesystem;

namespace {

constexpr int kMostCacheFolders = 16;
constexpr std::size_t kMostPasswordBytes = 4096;
constexpr const char* kLate = "kopia: no result in time";
/// Enough for a program to finish its sentence, so that its exit code and stderr explain a listing that does not parse.
constexpr std::uint64_t kDrain = 1024 * 1024;

/// Thrown within this file; what() is the reason.
class Late : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
class Upgrading : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

CacheFolder make_temporary_folder() {
  std::string name = fs::temp_directory_path() / "holdfast-XXXXXX";
  if (!mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), name);
  return {name, {}};
}

void make_private(const fs::path& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw std::system_error(errno, std::generic_category(), folder.string());
  }
}

/// A folder of our own in `wanted`, which may hold other things and serve other processes: what is in ours is deleted
/// at will, and a configuration shared with another process could read another repository than was proven.
CacheFolder make_cache_folder(const std::string& wanted) {
  if (wanted.empty()) return make_temporary_folder();
  const fs::path parent = fs::absolute(wanted);
  fs::create_directories(parent.parent_path());
  make_private(parent);
  for (int number = 0; number < kMostCacheFolders; ++number) {
    const fs::path folder = parent / fmt::format("holdfast-{}", number);
    make_private(folder);
    base::Descriptor lock = base::open_file(folder.c_str(), O_RDONLY | O_DIRECTORY);
    if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return {folder, std::move(lock)};
  }
  throw std::system_error(EWOULDBLOCK, std::generic_category(), wanted + ": used by too many processes");
}

std::string password_setting(const KopiaBackendOptions& options) {
  return options.password_file.empty() ? "KOPIA_PASSWORD" : "index.passwordFile " + options.password_file;
}

std::string read_password_file(const std::string& file) {
  try {
    return base::read_file(file, kMostPasswordBytes);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("index.passwordFile: {}", error.what()));
  }
}

}  // namespace

std::string read_password(const KopiaBackendOptions& options) {
  std::string password = options.password_file.empty() ? options.password : read_password_file(options.password_file);
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty())
    throw std::runtime_error(fmt::format("kopia: the repository password is empty ({})", password_setting(options)));
  return password;
}

void require_kept(const Fingerprint& before, const Fingerprint& after, std::string_view place) {
  if (after.format != before.format || after.repository != before.repository) {
    throw std::runtime_error(
        fmt::format("{} changed its format, or became another repository, while it was read", place));
  }
  if (const std::size_t missing = count_missing(*before.blobs, *after.blobs)) {
    throw std::runtime_error(
        fmt::format("{} lost {} of its {} index blobs while it was read: did an older copy take its place?", place,
                    missing, before.count));
  }
}

/// One use of kopia: the limits, and the secret that belongs to it.
struct Kopia::Run {
  std::chrono::steady_clock::time_point deadline;
  const std::atomic<bool>& cancel;
  std::string password;
  KopiaStorage storage;

  std::vector<std::string> secrets() const {
    std::vector<std::string> all = storage.secrets;
    all.push_back(password);
    return all;
  }
};

Kopia::Kopia(KopiaOptions options)
    : options_(std::move(options)),
      program_(base::find_program(options_.kopia_binary)),
      folder_(make_cache_folder(options_.cache_dir)),
      cache_dir_is_temporary_(options_.cache_dir.empty()) {}

Kopia::~Kopia() {
  std::error_code ignored;
  if (cache_dir_is_temporary_) fs::remove_all(folder_.path, ignored);
}

ListingResult Kopia::list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                          const std::atomic<bool>& cancel) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return Failure{fmt::format("kopia: an earlier listing of {} hangs", options_.place)};
  try {
    Run run{deadline, cancel, read_password(options_), options_.storage()};
    connect(before, run);
    forget_traces(cache());
    auto catalog = list_snapshots(run);
    return Reading{std::move(catalog), read_exactly(before)};
  } catch (const Late& late) {
    // Still connected: what kopia has fetched so far is in its cache, and the next attempt comes further.
    return Failure{late.what(), true};
  } catch (const Upgrading& upgrading) {
    // Still connected: to connect would be to wait for the upgrade's end without a word.
    return Failure{upgrading.what()};
  } catch (const std::exception& error) {
    connected_.reset();
    return Failure{error.what()};
  }
}

/// A configuration is made once per start, repository and format: the one left by an earlier start may be another's.
void Kopia::connect(const Fingerprint& before, Run& run) {
  const Connection wanted{before.format, before.repository, run.storage.arguments, run.storage.trust};
  if (connected_ == wanted && fs::exists(config())) return;
  connected_.reset();
  fs::remove(config());
  fs::remove_all(cache());
  std::vector<std::string> arguments{"repository", "connect"};
  arguments.insert(arguments.end(), run.storage.arguments.begin(), run.storage.arguments.end());
  for (const char* ours : {"--readonly", "--max-list-cache-duration=0s", "--disable-repository-format-cache",
                           "--no-check-for-updates", "--override-username=holdfast", "--override-hostname=holdfast"}) {
    arguments.emplace_back(ours);
  }
  arguments.push_back("--cache-directory=" + cache().string());
  base::Child child = start(arguments, run);
  const base::ChildResult result = child.finish(kDrain);
  // The configuration is there before kopia tries it, which may take all the time: a listing gets further, or says why.
  if (result.timed_out && fs::exists(config())) connected_ = wanted;
  if (result.timed_out || result.exit_code != 0) fail(result, run);
  connected_ = wanted;
}

/// Where a copy of the repository took its place and went again while kopia ran, the names before and after say
/// nothing. False: kopia read more than `before` tells of. Throws where it read less.
bool Kopia::read_exactly(const Fingerprint& before) const {
  const Names read = read_traces(cache(), options_.hasher);
  if (read.count == 0) {
    throw std::runtime_error(
        fmt::format("kopia: it read no index blob of {}, or its cache does not tell which", options_.place));
  }
  if (const std::size_t missing = count_missing(*before.blobs, read)) {
    throw std::runtime_error(fmt::format(
        "kopia: it listed {} without {} of the {} index blobs that were there before: did an older copy stand there?",
        options_.place, missing, before.count));
  }
  return !has_others(read, *before.blobs);
}

std::shared_ptr<const core::Catalog> Kopia::list_snapshots(Run& run) {
  base::Child child = start({"snapshot", "list", "--all", "--json", "--no-retention"}, run);
  core::Catalog::Builder builder;
  std::optional<std::string> problem;
  try {
    problem = json::read_listing([&](char* buffer, std::size_t size) { return child.read(buffer, size); }, builder);
  } catch (const base::ChildTimeout&) {
    throw Late(kLate);
  }
  const base::ChildResult result = child.finish(kDrain);
  const bool stopped_by_us = problem && result.signal == SIGPIPE;
  if (result.timed_out || (result.exit_code != 0 && !stopped_by_us)) fail(result, run);
  if (problem)
    throw std::runtime_error(fmt::format("kopia: its listing is broken: {}", summary(*problem, run.secrets())));
  const std::string errors = without_notices(result.errors);
  if (!errors.empty() || result.errors_dropped > 0) {
    throw std::runtime_error(
        fmt::format("kopia: the listing may be incomplete, it said: {}", summary(errors, run.secrets())));
  }
  return std::make_shared<const core::Catalog>(std::move(builder).build());
}

base::Child Kopia::start(const std::vector<std::string>& arguments, const Run& run) {
  base::ChildOptions child;
  child.program = program_;
  child.arguments = arguments;
  for (const char* common :
       {"--no-persist-credentials", "--disable-file-logging", "--disable-content-log", "--upgrade-no-block"}) {
    child.arguments.emplace_back(common);
  }
  child.arguments.push_back("--config-file=" + config().string());
  child.environment = {"HOME=" + folder_.path.string(), "TMPDIR=" + folder_.path.string(), "USER=holdfast",
                       "KOPIA_CHECK_FOR_UPDATES=false", "KOPIA_PASSWORD=" + run.password};
  child.environment.insert(child.environment.end(), run.storage.environment.begin(), run.storage.environment.end());
  child.deadline = run.deadline;
  child.cancel = &run.cancel;
  return runner_.start(child);
}

void Kopia::fail(const base::ChildResult& result, const Run& run) const {
  if (result.timed_out) throw Late(kLate);
  if (says_wrong_password(result.errors)) {
    throw std::runtime_error(fmt::format("kopia: the repository password is wrong ({})", password_setting(options_)));
  }
  if (says_upgrade(result.errors)) {
    throw Upgrading(fmt::format(
        "kopia: {} is being upgraded to another format, or that was interrupted: `kopia repository upgrade begin`, "
        "repeated with the same owner id, ends it",
        options_.place));
  }
  const std::string how =
      result.exit_code ? fmt::format("exit code {}", *result.exit_code) : fmt::format("signal {}", result.signal);
  throw std::runtime_error(fmt::format("kopia: {}: {}", how, summary(result.errors, run.secrets())));
}

}  // namespace holdfast::index
