// Where the backups of a PVC may lie: the identities under which they are looked for, and which of them are surely its
// own.
// Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/ownership.hpp"
#include "holdfast/core/policy.hpp"

namespace holdfast::core {

/// An identity under which a PVC's backups may lie.
struct Candidate {
  Identity identity;
  /// It could as well be another PVC's: under another template, or because VolSync's spelling loses letters.
  bool ambiguous = false;
  /// Complete snapshots of this one show that the other naming is in use: then `identity` could as well be another
  /// PVC's.
  std::optional<Identity> if_backed_up = std::nullopt;
  /// Likewise that there are none of this one.
  std::optional<Identity> unless_backed_up = std::nullopt;
  bool operator==(const Candidate&) const = default;
};

/// The places to look for backups of `pvc`, best first: the templates in force, those of both namings, what
/// ReplicationSources and the memory say of it, and VolSync's spellings of all these. No identity twice, and none that
/// is known to be another PVC's: where that leaves nothing, it has no place at all.
std::vector<Candidate> candidates(const Policy& policy, const PvcName& pvc, const Ownership& ownership = {});

/// Whether it is one of the places.
bool contains(std::span<const Candidate> candidates, const Identity& identity);

/// The PVCs that one naming backs up under the name that the other one gives `pvc`: whether they exist matters.
std::vector<PvcName> namesakes(const PvcName& pvc);

bool is_ambiguous(const Candidate& candidate, const Catalog& catalog);

/// Where the backups of a PVC are.
struct Located {
  Identity identity;
  Snapshot newest;
  bool ambiguous = false;  ///< they could as well be another PVC's
  /// Newer ones lie there, and are this PVC's too: nothing says which of the two are wanted.
  std::optional<Identity> newer = std::nullopt;
  bool is_sure() const { return !ambiguous && !newer; }
};

/// The first candidate with a complete snapshot; nullopt: none has.
std::optional<Located> locate(std::span<const Candidate> candidates, const Catalog& catalog);

/// Of complete snapshots under a name that could be the PVC's, in its namespace, with a path that is no candidate's;
/// and not known to be another PVC's. nullopt: there are none.
std::optional<Identity> under_other_name(const PvcName& pvc, std::span<const Candidate> candidates,
                                         const Ownership& ownership, const Catalog& catalog);

}  // namespace holdfast::core
