#include "src/cli/input/document.hpp"

namespace holdfast::cli {

const Json::Value& at(const Json::Value& value, std::initializer_list<std::string_view> path) {
  const Json::Value* found = &value;
  for (const std::string_view name : path) {
    found = found->isObject() ? found->find(name.data(), name.data() + name.size()) : nullptr;
    if (found == nullptr) return Json::Value::nullSingleton();
  }
  return *found;
}

std::string text_at(const Json::Value& value, std::initializer_list<std::string_view> path) {
  const Json::Value& found = at(value, path);
  return found.isString() ? found.asString() : std::string();
}

}  // namespace holdfast::cli
