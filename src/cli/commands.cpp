// The verbs of a few lines.
#include "src/cli/commands.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "holdfast/base/clock.hpp"
#include "holdfast/certs/generate.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/index/backends.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

core::RepositoryId read_id(const Settings& settings) {
  if (settings.index.backend != "kopia-s3") {
    if (settings.index.path.empty()) throw SettingsError("index.path (--index-path) is not set");
    return index::repository_id(settings.index.path);
  }
  try {
    return index::repository_id(settings.index.s3, settings.index.timeout);
  } catch (const std::invalid_argument& e) {
    throw SettingsError(e.what());
  }
}

int tell(const std::string& name, const std::string& value, const std::string& text, Output output) {
  Json::Value object;
  object[name] = value;
  print(output == Output::Text ? text + "\n" : render(object, output));
  return kOk;
}

/// An authority that webhook configurations trust already cannot be made a second time.
void refuse_to_replace(const std::filesystem::path& folder) {
  for (const char* name : certs::kFiles) {
    const std::filesystem::path file = folder / name;
    if (!std::filesystem::exists(std::filesystem::symlink_status(file))) continue;
    throw SettingsError(
        fmt::format("--out: {} is there already; --force replaces {}", file.string(), fmt::join(certs::kFiles, ", ")));
  }
}

}  // namespace

int repository_id(const Settings& settings, Output output) {
  const std::string id = read_id(settings).hex();
  return tell("repositoryId", id, id, output);
}

int list_settings(Output output) {
  if (output == Output::Text) {
    print(settings_help());
    return kOk;
  }
  Json::Value rows(Json::arrayValue);
  for (const Setting& setting : settings_table()) {
    Json::Value row;
    row["key"] = setting.key;
    row["value"] = setting.value;
    row["help"] = std::string(setting.help);
    row["list"] = setting.list;
    const auto put = [&](const char* name, std::string_view text) {
      if (!text.empty()) row[name] = std::string(text);
    };
    put("flag", setting.flag);
    put("environment", environment_name(setting));
    put("alias", setting.alias);
    put("default", setting.fallback);
    rows.append(std::move(row));
  }
  print(render(rows, output));
  return kOk;
}

int version(Output output) { return tell("version", HOLDFAST_VERSION, "holdfast " HOLDFAST_VERSION, output); }

int generate_certificates(const CertificateRequest& request) {
  if (!request.force) refuse_to_replace(request.out);
  const std::vector<std::string> names = request.names.empty() ? std::vector<std::string>{"localhost"} : request.names;
  certs::write_files(certs::generate(names, std::chrono::days{request.days}, base::utc_now()), request.out);
  print(fmt::format("wrote tls.crt, tls.key, ca.crt and ca.key for {} to {}, valid for {} days\n",
                    fmt::join(names, ", "), request.out, request.days));
  return kOk;
}

}  // namespace holdfast::cli
