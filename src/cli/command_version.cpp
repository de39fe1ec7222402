#include "holdfast/cli/run.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {

int version(Output output) {
  if (output == Output::Text) {
    print("holdfast " HOLDFAST_VERSION "\n");
    return kOk;
  }
  Json::Value value;
  value["version"] = HOLDFAST_VERSION;
  print(render(value, output));
  return kOk;
}

}  // namespace holdfast::cli
