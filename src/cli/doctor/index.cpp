#include <fmt/format.h>

#include <future>
#include <memory>
#include <optional>

#include "holdfast/base/child.hpp"
#include "holdfast/base/clock.hpp"
#include "holdfast/base/probe_pool.hpp"
#include "holdfast/core/repository_age.hpp"
#include "holdfast/index/backends.hpp"
#include "src/cli/doctor/checks.hpp"
#include "src/cli/make_index.hpp"

namespace holdfast::cli::diagnosis {
namespace {

constexpr std::chrono::seconds kKopiaTime{10};
constexpr std::chrono::seconds kGrace{1};
constexpr std::size_t kMostVersionBytes = 4096;
constexpr std::size_t kManyBlobs = 1000;  // above it kopia complains, and movers of before 2026-01-05 restore nothing

std::string mode_text(const Settings& settings) {
  return fmt::format("mode {}, backend {}", to_string(settings.policy.mode), settings.index.backend);
}

/// The first line that `program --version` prints. Throws std::exception.
std::string version_of(const std::string& program) {
  base::ChildOptions options;
  options.program = program;
  options.arguments = {"--version"};
  options.environment = {"KOPIA_CHECK_FOR_UPDATES=false"};
  options.deadline = std::chrono::steady_clock::now() + kKopiaTime;
  base::Child child = base::ChildRunner("kopia").start(options);
  std::string text(kMostVersionBytes, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t got = child.read(text.data() + size, text.size() - size);
    if (got == 0) break;
    size += got;
  }
  const base::ChildResult result = child.finish();
  if (result.exit_code != 0) throw std::runtime_error("`--version` failed: " + result.errors.substr(0, 200));
  text.resize(size);
  return text.substr(0, text.find_first_of(" \r\n"));
}

struct Identity {
  std::optional<core::RepositoryId> id;
  std::string problem;
};

bool is_s3(const Settings& settings) { return settings.index.backend == "kopia-s3"; }
bool reads_kopia(const Settings& settings) { return is_s3(settings) || settings.index.backend == "kopia-fs"; }

/// A read on a mount whose server is gone does not come back: nobody waits for it longer than the index would.
Identity read_identity(const Settings& settings) {
  const auto answer = std::make_shared<std::promise<Identity>>();
  auto waiting = answer->get_future();
  base::ProbePool pool(1);
  pool.submit([answer, from = settings.index, s3 = is_s3(settings)] {
    try {
      answer->set_value({s3 ? index::repository_id(from.s3, from.timeout) : index::repository_id(from.path), {}});
    } catch (const std::exception& e) {
      answer->set_value({std::nullopt, e.what()});
    }
  });
  if (waiting.wait_for(settings.index.timeout + kGrace) == std::future_status::ready) return waiting.get();
  return {std::nullopt, "the repository does not answer"};
}

/// `blobs`: how many names the index has; `seconds`: how long the look took.
void tell(const Settings& settings, const core::Evidence& evidence, std::size_t blobs, double seconds, Part& part) {
  if (const auto* unknown = std::get_if<core::Unknown>(&evidence.state)) {
    if (unknown->why == core::Unknown::Why::Refreshing) {
      return part.unknown(unknown->reason, "give it more time with index.timeout");
    }
    return part.fail(unknown->reason, "see docs/codes.md, IndexUnavailable");
  }
  const core::Catalog& catalog = *std::get<core::Current>(evidence.state).catalog;
  const core::Time now = base::utc_now();
  const core::RepositoryAge age = core::repository_age(catalog, settings.policy, now);
  const std::string age_text = describe(age, settings.policy, now);
  part.ok(fmt::format("current: {} snapshots of {} identities, {} index blobs, listed in {:.1f} s; {}",
                      catalog.snapshots(), catalog.identities(), blobs, seconds, age_text));
  if (age.outdated) {
    part.warn(age_text + ": nothing may start empty", "see docs/codes.md, RepositoryOutdated");
  }
  if (blobs > kManyBlobs) {
    part.warn(fmt::format("{} index blobs: everything in the repository gets slower, and a VolSync mover of before "
                          "2026-01-05 restores nothing and reports success",
                          blobs),
              "see that kopia's maintenance runs (KopiaMaintenance)");
  }
}

}  // namespace

void check_configuration(const Settings& settings, Part part) {
  part.ok(mode_text(settings));
  const core::Mode mode = settings.policy.mode;
  if (mode == core::Mode::Permissive || mode == core::Mode::Audit) {
    part.warn(fmt::format("in mode {} nothing is denied", to_string(mode)), "set mode: enforce when you trust it");
  }
  if (settings.index.allow_cached_mount) {
    part.warn("a cached mount is trusted: backups of the last minute may be missed",
              "mount the repository with actimeo=0 and take index.allowCachedMount away");
  }
}

void check_kopia(const Settings& settings, Part part) {
  if (!reads_kopia(settings)) return part.ok("not needed by this backend");
  const std::string program = base::find_program(settings.index.kopia);
  try {
    part.ok(fmt::format("version {} ({})", version_of(program), program));
  } catch (const std::exception& e) {
    part.fail(fmt::format("{} cannot be run: {}", program, e.what()),
              "install kopia, or name it with index.kopia (--kopia-binary)");
  }
}

void check_repository(const Settings& settings, Part part) {
  if (!reads_kopia(settings)) return part.ok("not needed by this backend");
  const Identity found = read_identity(settings);
  if (!found.id) {
    return part.fail(
        found.problem,
        "see that the repository is mounted or can be reached; an unmounted path looks like one without a repository");
  }
  const std::string id = found.id->hex();
  const auto* pinned = std::get_if<core::RepositoryId>(&settings.policy.pin);
  if (pinned == nullptr) {
    return part.warn(fmt::format("{} is not pinned: nothing may start empty", id),
                     "put `index: {repositoryId: " + id + "}` into the settings");
  }
  if (*pinned == *found.id) return part.ok(fmt::format("{}, as pinned", id));
  part.fail(fmt::format("{} is not the pinned {}", id, pinned->hex()),
            "mount the right one, or pin this one if it is meant to be (docs/codes.md, RepositoryChanged)");
}

core::Evidence check_index(const Settings& settings, index::Index& index, Part part) {
  const auto began = std::chrono::steady_clock::now();
  core::Evidence evidence = look(settings, index);
  const double seconds = base::seconds(std::chrono::steady_clock::now() - began);
  tell(settings, evidence, index.status().blobs, seconds, part);
  return evidence;
}

}  // namespace holdfast::cli::diagnosis
