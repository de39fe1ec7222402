// XML from a server that may be anybody: the text of its elements, one after the other, within limits.
// No document type, and therefore no entities but XML's own five.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::index {

struct XmlLimits {
  std::size_t bytes = 8 * 1024 * 1024;
  std::size_t depth = 8;
  std::size_t text = 16 * 1024;  ///< bytes of one element's own text
};

/// Called at the end of each element with where it stands ("ListBucketResult/Contents/Key") and its own text. Must not
/// throw.
using XmlVisitor = std::function<void(std::string_view path, std::string_view text)>;

/// Reads a whole document. What is wrong with it, where it is not one or is over the limits; the visitor has then seen
/// a part of it.
std::optional<std::string> read_xml(std::string_view document, const XmlVisitor& visit, const XmlLimits& limits = {});

}  // namespace holdfast::index
