// The rows of the table of settings, by topic.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "holdfast/cli/settings.hpp"

namespace holdfast::cli {

std::vector<Setting> general_settings();
std::vector<Setting> generator_settings();

/// The same keys for every layer of backup settings, under `prefix`. `layer` is where they go; a group of values of
/// which only some are given takes the others from `below`.
using BackupLayerOf = std::function<volsync::BackupLayer&(Settings&)>;
std::vector<Setting> backup_settings(const std::string& prefix, BackupLayerOf layer, BackupLayerOf below);

/// Those of them that say as whom a mover runs.
inline constexpr std::string_view kMaintenancePrefix = "generator.maintenance.";
std::vector<Setting> security_context_settings(const std::string& prefix, BackupLayerOf layer, BackupLayerOf below);

/// `generator.backup.classes.<storage class>.<key>`: rows for one storage class.
inline constexpr std::string_view kClassesPrefix = "generator.backup.classes.";
std::vector<Setting> class_settings(const std::string& storage_class);

}  // namespace holdfast::cli
