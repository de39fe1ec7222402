// What the PVC's author wants, read from labels, annotations and spec: rules 1 to 4 of a decision, before any look at
// the backups.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/core/candidates.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/core/pvc.hpp"
#include "holdfast/core/verdict.hpp"

namespace holdfast::core {

/// One admission question.
struct Question {
  bool creates_pvc = true;  ///< operation CREATE, resource persistentvolumeclaims, no subresource
  Pvc pvc;
  /// Labels of the PVC's namespace; nullopt: not known (a review does not carry them), which counts as managed.
  std::optional<StringMap> namespace_labels;
};

/// Nothing more to find out: the intent alone decides.
struct Settled {
  Verdict verdict;
  /// Of a Pass by which nothing is restored into a PVC that may have backups: where those would lie.
  std::vector<Candidate> ignored = {};
};

/// Backups of the PVC are wanted and, if there are any, a restore.
struct WantsRestore {
  PvcName pvc;
  PvcName owner;  ///< whose backups are wanted: another PVC's by restore-from
  /// Where to look as far as the settings say, best first; see looked_at().
  std::vector<Candidate> candidates;
  std::optional<Time> as_of;
  std::string as_of_text;
  bool from_another = false;       ///< by restore-from
  bool identity_given = false;     ///< by restore-identity: that is the only candidate, and nothing is ambiguous
  bool reference_present = false;  ///< spec.dataSourceRef already names our ReplicationDestination
  std::optional<std::int64_t> requested_bytes;
  std::string accept_vanished;  ///< the annotation's value; empty: absent
  std::string destination;      ///< name of our ReplicationDestination
  std::vector<std::string> warnings;
  bool operator==(const WantsRestore&) const = default;
};

using Intent = std::variant<Settled, WantsRestore>;

/// Where to look by what is known of whose backups are whose too.
std::vector<Candidate> looked_at(const WantsRestore& wanted, const Policy& policy, const Ownership& ownership);

/// Rules 1 to 4. Every fault of the object is in the message; the code is that of the first.
Intent read_intent(const Question& question, const Policy& policy, Time now);

/// Whether the labels of the PVC's namespace, which are not known, would make another intent or warning of it.
bool depends_on_namespace(const Question& question, const Policy& policy, Time now);

/// Whether `pvc` refers to the ReplicationDestination that is ours for it.
bool refers_to_own_destination(const Pvc& pvc, const Policy& policy);

}  // namespace holdfast::core
