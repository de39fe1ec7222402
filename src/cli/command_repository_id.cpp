#include <stdexcept>

#include "holdfast/cli/run.hpp"
#include "holdfast/index/backends.hpp"
#include "src/cli/commands.hpp"
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

}  // namespace

int repository_id(const Settings& settings, Output output) {
  const std::string id = read_id(settings).hex();
  if (output == Output::Text) {
    print(id + "\n");
    return kOk;
  }
  Json::Value value;
  value["repositoryId"] = id;
  print(render(value, output));
  return kOk;
}

}  // namespace holdfast::cli
