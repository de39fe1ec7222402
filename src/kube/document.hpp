// The few small JSON documents of others that no reader of json/ knows.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::kube {

/// RFC 8259, nothing after it, at most 64 levels. nullopt: not such a text, or not an object.
std::optional<Json::Value> read_document(std::string_view text);

/// The string at this member; empty where there is none.
std::string text_at(const Json::Value& object, const char* member);

/// `text` or as many of its whole UTF-8 characters as fit into `max_bytes`.
std::string cut(std::string_view text, std::size_t max_bytes);

}  // namespace holdfast::kube
