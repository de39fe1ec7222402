// JSON text to a Walker's events: RFC 8259 and nothing beyond it; UTF-8 is checked; one document, then the end.
// One thread.
#pragma once

#include <optional>
#include <string_view>

#include "holdfast/json/listing.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/reader/walker.hpp"

namespace holdfast::json {

/// Reads all of `text`. Afterwards the walker's broken() and complaints() say what is wrong; it marks bytes.
void parse_json(std::string_view text, Walker& walker);

/// The same from a source. `max_bytes` bounds the whole, `max_text_bytes` (and one buffer more) a single string or
/// number. Exceptions of the source pass through.
void parse_json(const ByteSource& source, Walker& walker, std::size_t max_bytes, std::size_t max_text_bytes);

/// Fills `owner` with the one object that is `text`, or says what is wrong.
std::optional<ObjectFault> fill(std::string_view text, const Shape& shape, void* owner,
                                const ReadLimits& limits = kObjectLimits);

}  // namespace holdfast::json
