// The PVCs of a file as the audit sees them: what would happen, were they created now.
#pragma once

#include <vector>

#include "holdfast/cli/settings.hpp"
#include "holdfast/core/evidence.hpp"
#include "holdfast/generator/audit.hpp"
#include "holdfast/generator/unclaimed.hpp"
#include "src/cli/input/input.hpp"

namespace holdfast::cli {

/// One item for each claim that has a name, in the order of the file.
std::vector<generator::AuditItem> dry_run(const Input& input, const core::Evidence& evidence,
                                          const core::Policy& policy, core::Time now);

/// Backups that none of the file's claims could get.
std::vector<generator::Unclaimed> unclaimed(const Input& input, const core::Evidence& evidence,
                                            const core::Policy& policy);

/// What becomes of a PVC where the cluster is built anew from its file.
enum class Fate {
  Restored,
  New,      ///< there is nothing to restore
  Own,      ///< it is filled from a source of its own
  Ignored,  ///< it has complete backups, and a person has said why it comes back without them
  Lost,     ///< it has complete backups, and comes back without them
  Refused,  ///< a person must act first
  Unknown
};
std::string_view to_string(Fate fate);
Fate fate_of(const generator::AuditItem& item, bool evidence_is_current);

/// There are complete backups of it, it would come back without them, and nobody has said why.
bool loses_backups(const generator::AuditItem& item);

}  // namespace holdfast::cli
