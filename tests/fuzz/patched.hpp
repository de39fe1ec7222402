// A JSON Patch carried out by a reader of its own, as strictly as the API server does it.
#pragma once

#include <json/json.h>

#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "holdfast/kube/base64.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace holdfast::fuzz {

/// The patch in the `response` of a review.
inline Json::Value patch_of(const Json::Value& response) {
  require(response["patchType"].asString() == "JSONPatch", "a patch says what it is");
  const auto text = kube::decode_base64(response["patch"].asString());
  require(text.has_value(), "a patch is base64");
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  Json::Value patch;
  require(
      reader->parse(text->data(), text->data() + text->size(), &patch, nullptr) && patch.isArray() && !patch.empty(),
      "a patch is a list of operations");
  return patch;
}

inline std::vector<std::string> pointer(const std::string& text) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/')
      tokens.emplace_back();
    else if (text[i] == '~' && i + 1 < text.size())
      tokens.back() += text[++i] == '0' ? '~' : '/';
    else
      tokens.back() += text[i];
  }
  require(!tokens.empty(), "an operation names a member");
  return tokens;
}

inline Json::ArrayIndex place(const Json::Value& array, const std::string& token) {
  Json::ArrayIndex index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  require(error == std::errc{} && end == token.data() + token.size() && index <= array.size(), "a place in an array");
  return index;
}

inline void carry_out(Json::Value& document, const Json::Value& operation) {
  const std::vector<std::string> path = pointer(operation["path"].asString());
  Json::Value* parent = &document;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    require(parent->isArray() || (parent->isObject() && parent->isMember(path[i])), "the parent is there");
    parent = parent->isArray() ? &(*parent)[place(*parent, path[i])] : &(*parent)[path[i]];
  }
  const std::string& last = path.back();
  if (parent->isArray()) {
    require(operation["op"] == "add", "nothing is taken out of an array");
    parent->insert(last == "-" ? parent->size() : place(*parent, last), operation["value"]);
    return;
  }
  require(parent->isObject(), "the parent is an object");
  if (operation["op"] == "add") {
    (*parent)[last] = operation["value"];
    return;
  }
  Json::Value removed;
  require(operation["op"] == "remove" && parent->removeMember(last, &removed), "what is removed is there");
}

inline Json::Value patched(Json::Value document, const Json::Value& patch) {
  for (const Json::Value& operation : patch) carry_out(document, operation);
  return document;
}

}  // namespace holdfast::fuzz
