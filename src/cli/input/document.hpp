// Members of JSON documents that no reader of json/ knows.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// A member of an object, however deep; null where there is none, or something on the way is no object.
inline const Json::Value& at(const Json::Value& value, std::initializer_list<std::string_view> path) {
  const Json::Value* found = &value;
  for (const std::string_view name : path) {
    found = found->isObject() ? found->find(name.data(), name.data() + name.size()) : nullptr;
    if (found == nullptr) return Json::Value::nullSingleton();
  }
  return *found;
}

/// The text that it is; empty where it is none.
inline std::string text_at(const Json::Value& value, std::initializer_list<std::string_view> path) {
  const Json::Value& found = at(value, path);
  return found.isString() ? found.asString() : std::string();
}

}  // namespace holdfast::cli
