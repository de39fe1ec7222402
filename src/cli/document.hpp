// JSON documents of the cluster, as far as no reader of json/ knows them.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// RFC 8259, at most 128 levels. nullopt: not such a text.
std::optional<Json::Value> read_document(std::string_view text);

/// A member of an object, however deep; null where there is none, or something on the way is no object.
const Json::Value& at(const Json::Value& value, std::initializer_list<std::string_view> path);
std::string text_at(const Json::Value& value, std::initializer_list<std::string_view> path);

}  // namespace holdfast::cli
