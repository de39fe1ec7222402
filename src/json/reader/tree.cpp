#include "holdfast/json/tree.hpp"

#include <json/reader.h>
#include <json/writer.h>

#include <memory>

namespace holdfast::json {

std::string write_tree(const Json::Value& value) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  builder["emitUTF8"] = true;
  return Json::writeString(builder, value);
}

std::optional<Json::Value> read_tree(std::string_view text, int levels) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = levels;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  try {
    if (reader->parse(text.data(), text.data() + text.size(), &value, nullptr)) return value;
  } catch (const Json::Exception&) {  // more levels than allowed
  }
  return std::nullopt;
}

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

}  // namespace holdfast::json
