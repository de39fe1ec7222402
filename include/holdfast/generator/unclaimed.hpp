// What is said of the repository besides its PVCs' backups: how old it is, and the backups that no PVC claims, because
// theirs is gone, renamed or moved, or was never there.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/ownership.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/core/pvc.hpp"
#include "holdfast/core/repository_age.hpp"

namespace holdfast::generator {

/// A source of the repository that no PVC claims.
struct Unclaimed {
  core::Catalog::Source source;
  std::vector<core::PvcName> nearest;  ///< PVCs that may be meant, the likeliest first; at most three
};

/// What a number of PVCs claims: the sources that each may be restored from.
class ClaimedSources {
 public:
  explicit ClaimedSources(const core::Policy& policy) : policy_(policy) {}

  /// All of its places by what is known of sources, and the source or PVC that its annotations name. Whether it is
  /// protected does not matter.
  void add(const core::Pvc& pvc, const core::Ownership& ownership = {});
  /// A source that is somebody's for another reason, as to_string writes it.
  void add_identity(std::string identity) { identities_.insert(std::move(identity)); }

  /// Those of `catalog` that are not claimed, sorted by identity.
  std::vector<Unclaimed> missing_in(const core::Catalog& catalog) const;
  /// The same of the repository that is pinned; none where it is not known what that holds.
  std::vector<Unclaimed> missing_in(const core::Evidence& evidence) const;

 private:
  void add_places(const core::PvcName& pvc, const core::Ownership& ownership);
  std::vector<core::PvcName> nearest(std::string_view identity) const;

  const core::Policy& policy_;
  std::unordered_set<std::string> identities_;
  std::map<std::string, std::vector<std::string>, std::less<>> names_;       ///< of PVCs, by namespace
  std::map<std::string, std::vector<std::string>, std::less<>> namespaces_;  ///< the other way round
};

/// A line; empty where it is not known.
std::string repository_text(const std::optional<core::RepositoryAge>& age, const core::Policy& policy, core::Time now);
/// {newestSnapshot, ageSeconds, outdated}, the first two where there is a snapshot.
Json::Value repository_values(const core::RepositoryAge& age, core::Time now);

/// An array of {identity, snapshots, size, newest, ageSeconds, nearest}. `size` is the newest snapshot's, in bytes.
Json::Value unclaimed_values(const std::vector<Unclaimed>& all, core::Time now);
/// A headline and a line each; empty where there is nothing.
std::string unclaimed_text(const std::vector<Unclaimed>& all, core::Time now);
/// "7 snapshots, the newest 12d old and 1.5 GiB; nearest: media/photos".
std::string describe(const Unclaimed& one, core::Time now);

}  // namespace holdfast::generator
