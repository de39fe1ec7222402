// RFC 6902, as far as we write it, strictly: a path whose parent is missing is an error.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <json/json.h>

namespace holdfast::test {

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
