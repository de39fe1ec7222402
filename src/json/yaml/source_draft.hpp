// A ReplicationSource among the documents that people write.
// Pure; any thread.
#pragma once

#include <string>

#include "src/json/yaml/document_draft.hpp"

namespace holdfast::json {

bool is_source(const DocumentDraft& draft);

/// Whether a complaint is about what a ReplicationSource alone has, outside of its kopia.
bool is_of_source(const Complaint& complaint);

/// What counts of the complaints about one.
std::vector<Complaint> complaints_of_source(const DocumentDraft& draft);

/// The object as the API server would give it, with what was read.
std::string source_text(const DocumentDraft& draft);

}  // namespace holdfast::json
