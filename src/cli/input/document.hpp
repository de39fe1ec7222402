// Members of JSON documents that no reader of json/ knows.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// A member of an object, however deep; null where there is none, or something on the way is no object.
const Json::Value& at(const Json::Value& value, std::initializer_list<std::string_view> path);
std::string text_at(const Json::Value& value, std::initializer_list<std::string_view> path);

}  // namespace holdfast::cli
