#include "holdfast/cli/settings.hpp"

#include <fmt/format.h>
#include <json/reader.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "holdfast/core/edit_distance.hpp"
#include "holdfast/json/tree.hpp"
#include "src/cli/input/files.hpp"
#include "src/cli/settings/file.hpp"
#include "src/cli/settings/table.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxKopiaConfigBytes = 1024 * 1024;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(separator), text.size());
    if (at > 0) items.emplace_back(text.substr(0, at));
    text.remove_prefix(std::min(at + 1, text.size()));
  }
  return items;
}

/// All keys that `key` may have been meant to be.
std::vector<std::string> keys_like(std::string_view key) {
  std::vector<std::string> keys;
  keys.reserve(settings_table().size());
  for (const Setting& setting : settings_table()) keys.push_back(setting.key);
  if (!key.starts_with(kClassesPrefix)) return keys;
  const std::size_t end = key.find('.', kClassesPrefix.size());
  const std::size_t length = end == std::string_view::npos ? end : end - kClassesPrefix.size();
  for (const Setting& setting : class_settings(std::string(key.substr(kClassesPrefix.size(), length)))) {
    keys.push_back(setting.key);
  }
  return keys;
}

std::string did_you_mean(std::string_view key) {
  std::string nearest;
  std::size_t least = 4;
  for (const std::string& known : keys_like(key)) {
    const std::size_t distance = core::edit_distance(key, known);
    if (distance >= least) continue;
    least = distance;
    nearest = known;
  }
  return nearest.empty() ? "; `holdfast serve --help` lists all keys" : fmt::format("; did you mean {}?", nearest);
}

void apply(Settings& settings, const Setting& setting, const std::vector<std::string>& values,
           const std::string& source) {
  if (setting.list && setting.clear != nullptr) setting.clear(settings);
  for (const std::string& value : values) {
    if (setting.apply(settings, value)) continue;
    throw SettingsError(
        fmt::format("{}: {}: {:?} is not allowed; allowed: {}", source, setting.key, value, setting.value));
  }
}

void apply_entry(Settings& settings, const FileEntry& entry, const std::string& source) {
  const auto setting = find_setting(entry.key);
  if (!setting) throw SettingsError(fmt::format("{}: {}: unknown key{}", source, entry.key, did_you_mean(entry.key)));
  if (entry.is_list != setting->list) {
    throw SettingsError(fmt::format("{}: {}: expected {}", source, entry.key, setting->list ? "a list" : "one value"));
  }
  apply(settings, *setting, entry.values, source);
}

void apply_file(Settings& settings, const std::string& file) {
  std::vector<FileEntry> entries = read_settings_file(file);
  // A class, and the maintenance, take over what stands in generator.backup, wherever in the file that is.
  std::stable_partition(entries.begin(), entries.end(), [](const FileEntry& entry) {
    return !entry.key.starts_with(kClassesPrefix) && !entry.key.starts_with(kMaintenancePrefix);
  });
  for (const FileEntry& entry : entries) apply_entry(settings, entry, fmt::format("{}:{}", file, entry.line));
}

/// Kubernetes puts variables such as HOLDFAST_WEBHOOK_PORT=tcp://10.0.0.1:443 into the pods of a namespace with a
/// Service holdfast-webhook.
bool is_service_link(std::string_view name, std::string_view value) {
  return name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://"));
}

void apply_environment(Settings& settings, const Environment& environment) {
  const auto apply_variable = [&](const Setting& setting, const std::string& name) {
    if (name.empty()) return;
    const auto value = environment(name);
    if (!value || value->empty() || is_service_link(name, *value)) return;
    apply(settings, setting, setting.list ? split(*value, ',') : std::vector{*value}, "environment " + name);
  };
  for (const Setting& setting : settings_table()) {
    apply_variable(setting, std::string(setting.alias));
    apply_variable(setting, environment_name(setting));
  }
  settings.index.password = environment("KOPIA_PASSWORD").value_or("");
  settings.index.s3.access_key = environment("AWS_ACCESS_KEY_ID").value_or("");
  settings.index.s3.secret_key = environment("AWS_SECRET_ACCESS_KEY").value_or("");
  settings.index.s3.session_token = environment("AWS_SESSION_TOKEN").value_or("");
  const std::string own = environment("POD_NAMESPACE").value_or("");
  if (!own.empty()) settings.policy.excluded_namespaces.insert(own);
  settings.generator.own_namespace = own;
  // In a pod of the manifests. Elsewhere our user is whoever calls us, which says nothing of the installation.
  const bool in_our_pod = !own.empty() && environment("KUBERNETES_SERVICE_HOST").has_value();
  if (in_our_pod) settings.generator.own_user = geteuid();
}

/// pvc-plumber's KOPIA_CONFIG_PATH: a kopia configuration, of which only the storage location is taken.
void apply_kopia_config(Settings& settings, const Environment& environment) {
  const std::string file = environment("KOPIA_CONFIG_PATH").value_or("");
  if (file.empty() || !settings.index.path.empty() || settings.index.backend != "kopia-fs") return;
  Json::Value config;
  std::string errors;
  try {
    std::istringstream in(read_file(file, kMaxKopiaConfigBytes));
    if (!Json::parseFromStream(Json::CharReaderBuilder(), in, &config, &errors)) throw FileError(file + ": not JSON");
  } catch (const FileError& e) {
    throw SettingsError(fmt::format("environment KOPIA_CONFIG_PATH: {}", e.what()));
  }
  const Json::Value& path = json::at(config, {"storage", "config", "path"});
  if (!path.isString()) {
    throw SettingsError(fmt::format("environment KOPIA_CONFIG_PATH: {}: storage.config.path: expected a string", file));
  }
  settings.index.path = path.asString();
}

}  // namespace

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Settings load_settings(const Flags& flags, const Environment& environment, const std::string& config_file) {
  Settings settings;
  if (!config_file.empty()) apply_file(settings, config_file);
  apply_environment(settings, environment);
  for (const Setting& setting : settings_table()) {
    const auto given = flags.find(setting.flag);
    if (given != flags.end() && !given->second.empty()) {
      apply(settings, setting, given->second, std::string(setting.flag));
    }
  }
  apply_kopia_config(settings, environment);
  check_together(settings);
  return settings;
}

}  // namespace holdfast::cli
