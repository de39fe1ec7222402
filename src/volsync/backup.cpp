#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include "holdfast/base/text.hpp"
#include "holdfast/core/quantity.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {
namespace {

/// What the annotations say; what cannot be read is left out of `layer` and named in `problems`, sorted.
struct AnnotatedBackup {
  BackupLayer layer;
  std::optional<std::string> schedule;
  std::vector<std::string> problems;
};

constexpr std::int64_t kMaxParallelism = 128;
constexpr std::int64_t kMaxKept = 10'000;
constexpr std::int64_t kMaxId = 2'147'483'647;  // of a user or group, as the API server checks it
constexpr std::size_t kMaxAlgorithmBytes = 64;
constexpr std::size_t kShownBytes = 64;

template <std::optional<std::string> BackupLayer::*Field>
bool read_object_name(std::string_view value, AnnotatedBackup& to) {
  if (!core::parse_pvc_name(fmt::format("x/{}", value))) return false;
  to.layer.*Field = value;
  return true;
}

bool read_schedule(std::string_view value, AnnotatedBackup& to) {
  if (!valid_schedule(value)) return false;
  to.schedule = value;
  return true;
}

bool read_cache_capacity(std::string_view value, AnnotatedBackup& to) {
  if (core::parse_bytes(value).value_or(0) <= 0) return false;
  to.layer.cache_capacity = value;
  return true;
}

/// Which algorithms there are depends on the mover's kopia, which says so itself.
bool read_compression(std::string_view value, AnnotatedBackup& to) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (value.empty() || value.size() > kMaxAlgorithmBytes || value.front() == '-') return false;
  if (!std::ranges::all_of(value, allowed)) return false;
  to.layer.compression = value;
  return true;
}

bool read_parallelism(std::string_view value, AnnotatedBackup& to) {
  const auto number = whole_number(value, 1, kMaxParallelism);
  if (number) to.layer.parallelism = static_cast<int>(*number);
  return number.has_value();
}

bool read_copy_method(std::string_view value, AnnotatedBackup& to) {
  if (value != "Snapshot" && value != "Clone" && value != "Direct") return false;
  to.layer.copy_method = value;
  return true;
}

bool read_retain(std::string_view value, AnnotatedBackup& to) {
  const auto parts = base::split(value, '/');
  if (parts.size() != 4) return false;
  std::array<int, 4> kept{};
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto number = whole_number(parts[i], 0, kMaxKept);
    if (!number) return false;
    kept[i] = static_cast<int>(*number);
  }
  // Keeping nothing is no backup.
  if (kept == std::array<int, 4>{}) return false;
  to.layer.retain = Retain{kept[0], kept[1], kept[2], kept[3]};
  return true;
}

/// Expects the security context below in `to.layer`.
bool read_run_as(std::string_view value, AnnotatedBackup& to) {
  if (value == "auto") {
    if (!to.layer.security_context) to.layer.security_context.emplace();
    to.layer.security_context->automatic = true;
    return true;
  }
  const auto parts = base::split(value, ':');
  if (parts.size() != 2) return false;
  const auto user = whole_number(parts[0], 0, kMaxId), group = whole_number(parts[1], 0, kMaxId);
  if (!user || !group) return false;
  SecurityContext context = to.layer.security_context.value_or(SecurityContext{});
  context.automatic = false;
  context.run_as_user = user;
  context.run_as_group = context.fs_group = group;
  if (*user == 0) context.run_as_non_root.reset();
  to.layer.security_context = context;
  return true;
}

bool read_offsite(std::string_view value, AnnotatedBackup&) { return value == "true" || value == "false"; }

struct Reader {
  std::string_view key;
  bool (*read)(std::string_view value, AnnotatedBackup& to);
  std::string_view allowed;
};

/// Sorted by key, and so are the problems.
constexpr std::array kReaders = {
    Reader{key::kCacheCapacity, read_cache_capacity, "a size such as 2Gi"},
    Reader{key::kCacheStorageClass, read_object_name<&BackupLayer::cache_storage_class>, "the name of a StorageClass"},
    Reader{key::kCompression, read_compression, "the name of an algorithm of kopia's such as zstd-fastest"},
    Reader{key::kCopyMethod, read_copy_method, "Snapshot, Clone or Direct"},
    Reader{key::kOffsite, read_offsite, "true or false"},
    Reader{key::kParallelism, read_parallelism, "a number from 1 to 128"},
    Reader{key::kRetain, read_retain,
           "hourly/daily/weekly/monthly such as 24/7/4/2, up to 10000 each and not all of them 0"},
    Reader{key::kRunAs, read_run_as, "the numbers of a user and a group such as 1000:1000, or auto"},
    Reader{key::kSchedule, read_schedule, "five cron fields such as \"M */6 * * *\", or one of @hourly, @daily, …"},
    Reader{key::kStorageClass, read_object_name<&BackupLayer::storage_class>, "the name of a StorageClass"},
    Reader{key::kSnapshotClass, read_object_name<&BackupLayer::snapshot_class>, "the name of a VolumeSnapshotClass"},
};
static_assert(std::ranges::is_sorted(kReaders, {}, &Reader::key));

std::string problem(const Reader& reader, std::string_view value) {
  const bool printable = std::ranges::all_of(value, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
  if (!printable || value.size() > kShownBytes) {
    return fmt::format("annotation {}: expected {}", reader.key, reader.allowed);
  }
  return fmt::format("annotation {}: \"{}\" is not {}", reader.key, value, reader.allowed);
}

/// `below`: the security context under the annotations, of which run-as changes a part.
AnnotatedBackup read_backup_annotations(const core::StringMap& annotations, const SecurityContext& below) {
  AnnotatedBackup found;
  found.layer.security_context = below;
  for (const Reader& reader : kReaders) {
    const std::string* value = core::lookup(annotations, reader.key);
    if (value && !reader.read(*value, found)) found.problems.push_back(problem(reader, *value));
  }
  return found;
}

template <class T>
void put(std::optional<T>& field, const std::optional<T>& above) {
  if (above) field = above;
}

void put_over(BackupLayer& below, const BackupLayer& above) {
  put(below.storage_class, above.storage_class);
  put(below.snapshot_class, above.snapshot_class);
  put(below.cache_capacity, above.cache_capacity);
  put(below.cache_storage_class, above.cache_storage_class);
  put(below.compression, above.compression);
  put(below.parallelism, above.parallelism);
  put(below.copy_method, above.copy_method);
  put(below.retain, above.retain);
  put(below.security_context, above.security_context);
  put(below.hourly, above.hourly);
  put(below.daily, above.daily);
}

}  // namespace

BackupLayer default_backup() {
  BackupLayer layer;
  layer.cache_capacity = "2Gi";
  layer.compression = "zstd-fastest";
  layer.parallelism = 2;
  layer.copy_method = "Snapshot";
  layer.retain = Retain{};
  layer.hourly = "M * * * *";
  layer.daily = "M 2 * * *";
  return layer;
}

Backup backup_of(const core::Claim& claim, core::Tier tier, const Options& options) {
  Backup result;
  result.settings = default_backup();
  const auto of_tier = tier == core::Tier::Hourly ? &BackupLayer::hourly : &BackupLayer::daily;
  const auto usual = result.settings.*of_tier;
  put_over(result.settings, options.backup);
  if (const auto of_class = options.classes.find(claim.pvc.storage_class.value_or(""));
      of_class != options.classes.end()) {
    put_over(result.settings, of_class->second);
  }
  const AnnotatedBackup annotated =
      read_backup_annotations(claim.pvc.annotations, result.settings.security_context.value_or(SecurityContext{}));
  put_over(result.settings, annotated.layer);
  const std::string schedule = annotated.schedule.value_or((result.settings.*of_tier).value_or(""));
  result.schedule = spread(schedule, claim.pvc.full_name());
  result.is_usual = schedule == usual;
  result.problem = fmt::format("{}", fmt::join(annotated.problems, "; "));
  return result;
}

}  // namespace holdfast::volsync
