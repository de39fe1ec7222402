// jsoncpp as the second reader: it shares no code with ours.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <json/json.h>

namespace holdfast::test {

inline Json::Value parse(const std::string& text) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["strictRoot"] = false;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string errors;
  if (!reader->parse(text.data(), text.data() + text.size(), &value, &errors)) throw std::runtime_error(errors);
  return value;
}

inline std::string print(const Json::Value& value) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  return Json::writeString(builder, value);
}

inline std::vector<std::string> split_pointer(const std::string& pointer) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/')
      tokens.emplace_back();
    else if (c == '~')
      tokens.back() += pointer.at(++i) == '0' ? '~' : '/';
    else
      tokens.back() += c;
  }
  return tokens;
}

/// RFC 6902, as far as we write it, strictly: a path whose parent is missing is an error.
inline Json::Value apply_patch(Json::Value document, const Json::Value& patch) {
  for (const Json::Value& operation : patch) {
    auto tokens = split_pointer(operation["path"].asString());
    const std::string last = tokens.back();
    tokens.pop_back();
    Json::Value* parent = &document;
    for (const auto& token : tokens) {
      if (!parent->isObject() || !parent->isMember(token)) throw std::runtime_error("no such parent: " + token);
      parent = &(*parent)[token];
    }
    if (!parent->isObject()) throw std::runtime_error("the parent is not an object");
    if (operation["op"] == "add") {
      (*parent)[last] = operation["value"];
    } else if (Json::Value removed; operation["op"] != "remove" || !parent->removeMember(last, &removed)) {
      throw std::runtime_error("cannot be done: " + operation.toStyledString());
    }
  }
  return document;
}

}  // namespace holdfast::test
