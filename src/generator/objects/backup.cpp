#include <fmt/format.h>
#include <fmt/ranges.h>

#include "holdfast/generator/desired.hpp"
#include "src/generator/objects/backup_annotations.hpp"
#include "src/generator/objects/schedule.hpp"

namespace holdfast::generator {
namespace {

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
  Backup result{default_backup(), {}, {}};
  put_over(result.settings, options.backup);
  if (const auto of_class = options.classes.find(claim.pvc.storage_class.value_or(""));
      of_class != options.classes.end()) {
    put_over(result.settings, of_class->second);
  }
  const AnnotatedBackup annotated =
      read_backup_annotations(claim.pvc.annotations, result.settings.security_context.value_or(SecurityContext{}));
  put_over(result.settings, annotated.layer);
  const auto& of_tier = tier == core::Tier::Hourly ? result.settings.hourly : result.settings.daily;
  result.schedule = spread(annotated.schedule.value_or(of_tier.value_or("")), claim.pvc.full_name());
  result.problem = fmt::format("{}", fmt::join(annotated.problems, "; "));
  return result;
}

}  // namespace holdfast::generator
