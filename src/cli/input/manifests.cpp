#include "src/cli/input/manifests.hpp"

#include "src/cli/output.hpp"

namespace holdfast::cli {

std::string manifests(const std::vector<Json::Value>& objects, Output output) {
  if (output == Output::Json) {
    Json::Value list;
    list["apiVersion"] = "v1";
    list["kind"] = "List";
    list["items"] = Json::arrayValue;
    for (const Json::Value& object : objects) list["items"].append(object);
    return render(list, Output::Json);
  }
  std::string text;
  for (const Json::Value& object : objects) text += "---\n" + render(object, Output::Yaml);
  return text;
}

}  // namespace holdfast::cli
