// One JSON object from the API server into a struct, by a Shape.
// Pure; any thread.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "holdfast/json/objects.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {

/// Fills `owner`, or says what is wrong.
inline std::optional<ObjectFault> fill(std::string_view text, const Shape& shape, void* owner,
                                       const ReadLimits& limits) {
  if (text.size() > limits.bytes) return ObjectFault{fmt::format("longer than {} bytes", limits.bytes)};
  Walker walker(shape, owner, {.depth = limits.depth, .members = limits.members});
  parse_json(text, walker);
  if (walker.broken()) return ObjectFault{to_string(*walker.broken())};
  if (!walker.complaints().empty()) return ObjectFault{to_string(walker.complaints())};
  return std::nullopt;
}

}  // namespace holdfast::json
