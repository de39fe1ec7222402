// Each PVC as a line that a person can act on: is it protected, what would happen now, and what is it waiting for?
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/verdict.hpp"
#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// Why a person should look at a PVC: wanted protection that is not there, or is not whole.
struct Gap {
  std::string reason;   ///< "SnapshotHasErrors", "BackupFailed", the code of a hold, …: a label of holdfast_pvc_gap
  std::string message;  ///< a sentence, with what to do; empty where a hold of that code says it
  bool operator==(const Gap&) const = default;
};

/// A field that an object has and that would be another one if it were taken over.
struct ChangedField {
  std::string path;    ///< "spec.trigger.schedule"
  std::string before;  ///< as JSON, at most 200 bytes; empty: absent
  std::string after;
  bool operator==(const ChangedField&) const = default;
};

/// Somebody else's object under one of our names.
struct ForeignPart {
  Part part = Part::Source;
  std::string name;
  std::string uid;
  std::string manager;                ///< who says to have written it; empty: nobody does
  bool taken = false;                 ///< this plan would take it over
  bool later = false;                 ///< it would, were no backup or restore under way
  bool needed = true;                 ///< false: holdfast has no use for it now, and leaves it
  std::vector<ChangedField> changes;  ///< of one that is taken
  std::string why;                    ///< of one that is not: a sentence
};

struct AuditItem {
  core::PvcName pvc;
  bool is_protected = false;
  std::string protection;  ///< "protected", "exempt", "skipped-not-opted-in", …: to_string(Protection::Why)
  std::string tier;        ///< of a protected one
  std::string phase;       ///< "Pending", "Bound", "Lost"; empty: from a file, as are those from `secret` to `restore`
  std::string verdict;     ///< were it created now: "restore", "fresh", "wait", "refuse", "pass"
  std::string code;
  std::string message;
  /// Of that verdict: `<Code>: <sentence>`, each.
  std::vector<std::string> warnings;
  std::string identity;       ///< under which it is backed up
  std::string secret;         ///< "ready", "missing", "not ready: …", "foreign", "external"
  std::string destination;    ///< the destination: "idle", "open", "missing", "foreign"
  std::string source;         ///< "scheduled", "synchronizing", "paused", "manual", "failed: …", "held", …
  std::string restore;        ///< Restore::Stage, empty: none
  std::string restore_token;  ///< of the run that counts now
  std::string verified_by;    ///< the restore: Restore::VerifiedBy, empty: not, or not known any more
  std::string missing;        ///< of what was restored: what is known not to be as it was
  std::optional<core::Time> last_backup;  ///< when the newest complete snapshot ended
  std::optional<core::Time> last_drill;   ///< when the last rehearsed restore that brought what it should was over
  std::string drill;                   ///< of the last one, or of that under way: "running", "verified", "failed: …"
  std::vector<std::string> waits_for;  ///< `<Code>: <sentence>`, each
  std::vector<std::string> other_sources;  ///< somebody else's ReplicationSources of it: "photos-restic (restic)"
  std::vector<std::string> ignored;        ///< labels and annotations that would ignore existing backups
  bool passes_by = false;                  ///< it would be let through, and backups that are surely its own left alone
  std::vector<ForeignPart> foreign;        ///< in no list of values: for `adopt`
  bool gap = false;                        ///< there are `gaps`
  std::vector<Gap> gaps;                   ///< each reason once
};

/// `verdict`: what decide() says of the PVC as its author would create it now. Of `view`'s evidence `plan` need not
/// have known.
AuditItem audit_item(const View& view, const Plan& plan, const core::Verdict& verdict, const core::Policy& policy);

/// An array, sorted by namespace and name; keys in camelCase, absent where empty (`protected` and `gap` never are).
Json::Value audit_values(const std::vector<AuditItem>& items);
/// {"items":[…]} of it, as text.
std::string audit_json(const std::vector<AuditItem>& items);
/// A table for terminals.
std::string audit_text(const std::vector<AuditItem>& items);

}  // namespace holdfast::generator
