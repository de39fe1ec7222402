// RapidJSON's writer with std::string_view, and never anything but well-formed UTF-8.
// One thread.
#pragma once

#include <string_view>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "holdfast/base/text.hpp"

namespace holdfast::json {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

inline void write_text(Writer& out, std::string_view text) {
  if (base::find_invalid_utf8(text) != std::string_view::npos) return write_text(out, base::valid_utf8(text));
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

/// For keys that stand in our source, which need no check.
inline void write_key(Writer& out, std::string_view key) {
  out.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

inline void write_member(Writer& out, std::string_view key, std::string_view value) {
  write_text(out, key);
  write_text(out, value);
}

/// An object of what `members` writes.
template <class Members>
void write_object(Writer& out, Members members) {
  out.StartObject();
  members();
  out.EndObject();
}
template <class Members>
void write_object(Writer& out, std::string_view key, Members members) {
  write_key(out, key);
  write_object(out, members);
}

}  // namespace holdfast::json
