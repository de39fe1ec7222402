// One object of a file that people write, while it is being read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/json/objects/pvc_shape.hpp"

namespace holdfast::json {

/// One of spec.volumeClaimTemplates.
struct TemplateDraft {
  core::Claim claim;
  std::vector<Complaint> complaints;
  std::size_t mark = 0;
};

/// A ReplicationSource's spec.kopia, as far as it names the backups.
struct KopiaDraft {
  std::string username, hostname, path;
  std::string source_name, source_namespace, source_path;  ///< of sourceIdentity
  std::vector<Complaint> complaints;
};

/// Whatever it is, it is read as a claim, as a list, as what has templates of claims and as a source of backups: `kind`
/// may come last. Marks are the driver's.
struct DocumentDraft {
  std::string api_version;
  std::string kind;
  core::Claim claim;
  std::vector<Complaint> complaints;  ///< about the claim: whether they count is known with the kind
  std::vector<DocumentDraft> items;
  std::optional<std::int64_t> replicas;
  std::int64_t first_ordinal = 0;
  core::StringMap match_labels;  ///< of its selector
  std::vector<TemplateDraft> templates;
  std::string source_pvc;
  std::optional<KopiaDraft> kopia;
  std::size_t mark = 0;  ///< where it begins
};

/// The owner is a DocumentDraft.
extern const Shape kDocumentShape;

/// Whether it is a ReplicationSource.
bool is_source(const DocumentDraft& draft);

/// Whether a complaint is about what a ReplicationSource alone has, outside of its kopia.
bool is_of_source(const Complaint& complaint);

/// What counts of the complaints about a ReplicationSource.
std::vector<Complaint> complaints_of_source(const DocumentDraft& draft);

/// The object as the API server would give it, with what was read.
std::string source_text(const DocumentDraft& draft);

}  // namespace holdfast::json
