#include <fmt/format.h>

#include "holdfast/cli/run.hpp"
#include "holdfast/index/kopia_fs.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {

int repository_id(const Settings& settings, Output output) {
  if (settings.index.path.empty()) throw SettingsError("index.path (--index-path) is not set");
  const std::string id = index::repository_id(settings.index.path).hex();
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
