// JSON documents as trees: those that we author, and small ones of others that no reader of this module knows. What
// comes in lists or streams is never read so.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::json {

/// On one line, keys sorted: the same bytes for the same content.
std::string write_tree(const Json::Value& value);

/// RFC 8259, nothing after it, at most `levels` deep (128: as deep as the object readers go). nullopt: not such a text.
std::optional<Json::Value> read_tree(std::string_view text, int levels = 128);

/// A member of an object, however deep; null where there is none, or something on the way is no object.
const Json::Value& at(const Json::Value& value, std::initializer_list<std::string_view> path);
/// The string there; empty where there is none.
std::string text_at(const Json::Value& value, std::initializer_list<std::string_view> path);

}  // namespace holdfast::json
