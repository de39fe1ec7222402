// Files that people write: one or many Kubernetes objects as YAML or JSON.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/json/limits.hpp"

namespace holdfast::json {

/// A Namespace, as far as we read it.
struct NamespaceDocument {
  std::string name;
  core::StringMap labels;
};

/// A document we have no use for.
struct OtherDocument {
  std::string kind;  ///< empty: it says none, and is no Kubernetes object
  /// Why kubectl would not take it, with its line: a key twice, a tag, no kind. Empty: nothing of the sort was seen.
  std::string flaw = {};
};

/// What has spec.volumeClaimTemplates: a StatefulSet, or an object whose controller makes PVCs in the same way.
struct TemplatesDocument {
  std::string kind, ns, name;
  bool is_stateful_set = false;          ///< of the group apps
  std::optional<std::int64_t> replicas;  ///< not negative
  std::int64_t first_ordinal = 0;        ///< spec.ordinals.start; not negative
  core::StringMap match_labels;          ///< of its selector: its PVCs get them too
  std::vector<core::Claim> templates;    ///< each has a name
};

/// A ReplicationSource of VolSync with the kopia mover.
struct SourceDocument {
  core::Observed source;  ///< of its spec only the PVC and what names the backups
};

/// One object of a file; the members of a `kind: List` (or …List) count one by one.
struct Document {
  std::size_t number = 0;  ///< 1 is the first document of the file that is not empty; members of a list share it
  std::size_t line = 0;    ///< where it begins, 1 is the first line
  std::variant<OtherDocument, core::Claim, NamespaceDocument, TemplatesDocument, SourceDocument>
      object;  ///< a claim as its author wrote it: no phase, and a uid only where it was exported
};

/// A file that cannot be read as asked. The text names line and field: "line 7: metadata.labels.backup-exempt: expected
/// a string, found a boolean (quote it)".
struct DocumentFault {
  std::string problem;
};

/// All or nothing: the first document that cannot be read is the fault.
/// - Scalars are what kubectl (1.34) makes of them: plain `true`, `on`, `y` are booleans, `010` is 8, `"true"` a
/// string.
/// - A claim or Namespace without a name (for a claim: and without generateName) is a fault; so is a template of claims
///   without one. Empty documents are skipped.
/// - A key twice in one mapping, a key that is no string and a tag outside YAML's own are faults of what may be or hold
///   a claim or Namespace, and flaws of any other document. A document without `kind` is another one, with that flaw.
/// - A ReplicationSource that cannot be read is another document, with that flaw.
/// - Aliases and merge keys are expanded; what they expand to counts against `limits`, which hold for each document
///   (`bytes` for the whole text).
/// - Text that begins with '{' or '[' is read as JSON, and only if it is not, as YAML.
/// - The members of `kind: <X>List` without a kind of their own are of kind <X>, as the API server sends them.
/// Claims without a namespace have an empty one.
std::variant<std::vector<Document>, DocumentFault> read_documents(std::string_view text, const ReadLimits& limits = {});

}  // namespace holdfast::json
