// The table of settings: how a row is written, the rows by topic, and what settings need of each other.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/cli/settings.hpp"
#include "src/cli/settings/values.hpp"

namespace holdfast::cli {

using Table = std::vector<Setting>;

/// What a row may say besides key, help and value, in any order.
struct Word {
  std::string_view Setting::*column;
  std::string_view text;
};
constexpr Word flag(std::string_view name) { return {&Setting::flag, name}; }
constexpr Word variable(std::string_view name) { return {&Setting::alias, name}; }
constexpr Word by_default(std::string_view text) { return {&Setting::fallback, text}; }

/// Adds rows to a table. Their values go into `part` of the settings.
template <class Part>
class Rows {
 public:
  using PartOf = std::function<Part&(Settings&)>;
  Rows(Table& table, PartOf part, std::string prefix = {})
      : table_(table), part_(std::move(part)), prefix_(std::move(prefix)) {}

  template <class... Words>
  void add(std::string_view key, std::string_view help, const Value<Part>& value, Words... words) {
    Setting& row = table_.emplace_back();
    row.key = prefix_ + std::string(key);
    row.help = help;
    row.value = value.allowed;
    row.list = value.is_list;
    row.apply = [part = part_, read = value.read](Settings& s, std::string_view text) { return read(part(s), text); };
    if (value.clear) row.clear = [part = part_, clear = value.clear](Settings& s) { clear(part(s)); };
    ((row.*words.column = words.text), ...);
  }

 private:
  Table& table_;
  const PartOf part_;
  const std::string prefix_;
};

/// How many backups kopia keeps.
inline Value<volsync::Retain> kept(int volsync::Retain::*member) { return number(member, 0, 10'000); }

/// What to_spread_schedule() takes, for people.
inline constexpr std::string_view kSpreadCron = "cron of five fields, minute M: each PVC's own; or @hourly, @daily, …";

void add_general(Table& table);
void add_generator(Table& table);

/// The same keys for every layer of backup settings, under `prefix`. `layer` is where they go; a group of values of
/// which only some are given takes the others from `below`.
using BackupLayerOf = std::function<volsync::BackupLayer&(Settings&)>;
void add_backup(Table& table, const std::string& prefix, const BackupLayerOf& layer, const BackupLayerOf& below);

/// Those of them that say as whom a mover runs.
inline constexpr std::string_view kMaintenancePrefix = "generator.maintenance.";
void add_security_context(Table& table, const std::string& prefix, const BackupLayerOf& layer,
                          const BackupLayerOf& below);

/// `generator.backup.classes.<storage class>.<key>`: rows for one storage class.
inline constexpr std::string_view kClassesPrefix = "generator.backup.classes.";
Table class_settings(const std::string& storage_class);

/// Throws SettingsError naming the keys. Completes what follows from others (a catalog has no identity to pin).
void check_together(Settings& settings);

}  // namespace holdfast::cli
