// Files that people write: one or many Kubernetes objects as YAML or JSON.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/core/pvc.hpp"
#include "holdfast/json/limits.hpp"

namespace holdfast::json {

/// A Namespace, as far as we read it.
struct NamespaceDocument {
  std::string name;
  core::StringMap labels;
};

/// A document we have no use for.
struct OtherDocument {
  std::string kind;
};

/// One object of a file; the members of a `kind: List` (or …List) count one by one.
struct Document {
  std::size_t number = 0;  ///< 1 is the first document of the file
  std::size_t line = 0;    ///< where it begins, 1 is the first line
  std::variant<OtherDocument, core::Pvc, NamespaceDocument> object;
};

/// A file that cannot be read as asked. The text names line and field: "line 7: metadata.labels.backup-exempt: expected
/// a string, found a boolean (quote it)".
struct DocumentFault {
  std::string problem;
};

/// Scalars are read as kubectl reads them: plain `true` is a boolean, `"true"` a string; a key twice in one mapping is
/// an error; aliases are expanded within the limits.
std::variant<std::vector<Document>, DocumentFault> read_documents(std::string_view text, const ReadLimits& limits = {});

}  // namespace holdfast::json
