// One object of a file that people write, while it is being read.
#pragma once

#include <string>
#include <vector>

#include "src/json/claim_shape.hpp"

namespace holdfast::json {

/// Whatever it is, it is read as a claim and as a list: `kind` may come last. Marks are the driver's.
struct DocumentDraft {
  std::string api_version;
  std::string kind;
  core::Claim claim;
  std::vector<Complaint> complaints;  ///< about the claim: whether they count is known with the kind
  std::vector<DocumentDraft> items;
  std::size_t mark = 0;  ///< where it begins
};

/// The owner is a DocumentDraft.
extern const Shape kDocumentShape;

}  // namespace holdfast::json
