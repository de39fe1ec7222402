// What the operator of the cluster has decided: the part of the settings that a verdict depends on.
// A value; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "holdfast/core/identity.hpp"

namespace holdfast::core {

enum class Mode { Enforce, Strict, Permissive, Audit };
/// What comes of something doubtful.
enum class Severity { Deny, Warn, Off };
enum class Naming { LegacyBackup, V4 };
enum class Webhook { Mutate, Validate };

std::string_view to_string(Mode mode);
std::string_view to_string(Severity severity);
std::string_view to_string(Naming naming);
std::string_view to_string(Webhook webhook);

/// One allowed pair of the setting `restoreFrom`.
struct RestorePair {
  PvcName from;
  PvcName to;
  bool operator==(const RestorePair&) const = default;
};

/// What is known of the repository that we are meant to read.
struct NoRepositoryId {};  ///< the backend has no identity and needs none (catalog)
struct Unpinned {};        ///< no identity in the settings: Restore works, Fresh is refused
using Pin = std::variant<Unpinned, RepositoryId, NoRepositoryId>;

/// The newest backup next to the last Catalog::kCompared: a volume that lost its files is backed up like any other.
struct Shrink {
  Severity empty = Severity::Deny;   ///< it holds no file, and one of them does
  Severity shrunk = Severity::Warn;  ///< it holds less than `keep_percent` of the files of the largest of them
  int keep_percent = 10;             ///< 0 to 100
  /// What comes of a newest backup that has shrunk to so many files.
  Severity of(std::int64_t files) const { return files <= 0 ? empty : shrunk; }
};

struct Policy {
  Mode mode = Mode::Enforce;
  bool simple_contract = true;
  bool plumber_contract = false;
  std::set<std::string, std::less<>> excluded_namespaces = {"kube-system", "kube-public", "kube-node-lease",
                                                            "volsync-system", "kyverno"};
  Severity fit = Severity::Deny;
  Shrink shrink;
  std::vector<RestorePair> restore_from;
  bool any_restore_identity = false;  ///< the annotation restore-identity may name any source, of any namespace
  /// The API server keeps a dataSourceRef that has a namespace: its feature gate CrossNamespaceVolumeDataSource is on.
  bool cross_namespace_sources = false;
  std::vector<std::string> exempt_reason_annotations;  ///< empty: the usual one, see exempt_reason_keys()
  Naming naming = Naming::LegacyBackup;
  std::vector<IdentityTemplate> identities;  ///< empty: the naming strategy's own, see identity_templates()
  Pin pin;
  /// Nothing starts empty where the newest snapshot of the whole repository is older; nullopt: however old it is.
  std::optional<std::chrono::seconds> fresh_limit;
  std::chrono::seconds retry_after{2};  ///< 1 to 5
  bool reveal = false;                  ///< denials carry Verdict::message and not its discreet twin
};

Naming other(Naming naming);

/// Under which name a naming strategy backs a PVC up.
const IdentityTemplate& naming_template(Naming naming);

/// `identities`, or where that is empty the naming strategy's own template.
std::vector<IdentityTemplate> identity_templates(const Policy& policy);

/// Those, and the templates of both namings after them, the one in force first. None twice.
std::vector<IdentityTemplate> every_template(const Policy& policy);

/// Where the reason of an exemption may stand; never empty. The first is the one that is shown to people.
std::vector<std::string> exempt_reason_keys(const Policy& policy);

/// `name`, or where it is longer than `max_bytes` (at least 20) a prefix of it, '-' and 16 hex digits of a hash of all
/// of it: still a valid name, and the same every time.
std::string shortened(std::string_view name, std::size_t max_bytes);

/// The name of the ReplicationDestination that a PVC of this name refers to; at most 253 bytes.
std::string destination_name(Naming naming, std::string_view pvc_name);

}  // namespace holdfast::core
