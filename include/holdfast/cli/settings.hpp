// The settings of the program: one table says their names, defaults and meaning, and the same table reads them from
// flags, environment and file. Later sources give way: flag > environment > file > default.
// Used by one thread, before anything else runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/policy.hpp"
#include "holdfast/index/backends.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/volsync/options.hpp"

namespace holdfast::cli {

struct Settings {
  core::Policy policy;
  struct Index {
    std::string backend;  ///< "kopia-fs", "kopia-s3", "catalog"; empty: not chosen
    std::string path;
    std::string catalog_file;
    std::string password;  ///< from KOPIA_PASSWORD only, never from a flag or a file of settings
    std::string password_file;
    std::string kopia = "kopia";
    std::string cache_dir;
    std::chrono::milliseconds timeout{8000};
    bool allow_cached_mount = false;
    holdfast::index::S3Options s3;  ///< its keys from AWS_ACCESS_KEY_ID and the like, or from files that are named
  } index;
  struct Webhook {
    std::uint16_t port = 9443;
    std::string cert_dir;
    std::string client_ca_file;             ///< empty: whoever can connect may call
    std::vector<std::string> client_names;  ///< empty: whatever that authority signed
    bool enabled = true;
    std::chrono::milliseconds drain{10'000};
  } webhook;
  struct Certs {
    enum class Mode { Files, CertManager, Self };
    Mode mode = Mode::Files;
    std::string service = "holdfast";  ///< by which API servers reach the webhook, in our own namespace
    std::vector<std::string> configurations = {"zz-holdfast", "holdfast", "holdfast-jobs"};  ///< webhook ones of ours
    std::string secret = "holdfast-self-signed";                  ///< self: what the replicas share
    std::chrono::milliseconds lifetime = std::chrono::days{365};  ///< self: of a certificate
  } certs;
  std::uint16_t ops_port = 8080;
  std::optional<ops::Level>
      log_level;  ///< not set: info for `serve`, and for commands warn, as their results are on stdout
  ops::Format log_format = ops::Format::Text;
  std::string kubeconfig;  ///< empty: the pod's own account, where there is one
  volsync::Options generator;
  std::chrono::milliseconds sweep{900'000};  ///< of the generator
};

/// A setting that cannot be used. what() names the source (flag, variable, or file and line), the key, and what is
/// allowed. The program ends with exit code 2.
struct SettingsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One row of the table.
struct Setting {
  std::string key;            ///< in the file: "index.path"; with <…> in it a pattern, see find_setting()
  std::string_view flag;      ///< "--index-path", or empty
  std::string_view alias;     ///< another variable that is understood: "KOPIA_REPOSITORY_PATH", or empty
  std::string value;          ///< what is allowed, for people: "DURATION", "deny|warn|off"
  std::string_view fallback;  ///< the default, for people
  std::string_view help;
  bool list = false;
  /// Sets the value; a list is handed over one item at a time, after `clear`. False: not allowed.
  std::function<bool(Settings& settings, std::string_view value)> apply = nullptr;
  std::function<void(Settings& settings)> clear = nullptr;
};

std::span<const Setting> settings_table();

/// The row for a key as it stands in a file. Patterns are filled in: "generator.backup.classes.longhorn.parallelism"
/// has a row of its own. nullopt: there is no such key.
std::optional<Setting> find_setting(std::string_view key);

/// `HOLDFAST_INDEX_PATH` for `--index-path`; empty without a flag.
std::string environment_name(const Setting& setting);

/// The table as `serve --help` shows it.
std::string settings_help();

/// What was given on the command line: flag -> values.
using Flags = std::map<std::string, std::vector<std::string>, std::less<>>;
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The variables of this process.
std::optional<std::string> from_environment(const std::string& name);

/// Reads everything; throws SettingsError. `config_file` may be empty.
Settings load_settings(const Flags& flags, const Environment& environment, const std::string& config_file);

}  // namespace holdfast::cli
