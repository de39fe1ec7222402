// Which PVCs are said to have their backups under which identities, by one witness: the ReplicationSources of a
// namespace, or the memory of seen backups. A value; any thread. It says nothing by default.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "holdfast/core/identity.hpp"

namespace holdfast::core {

/// Backups of `pvc` lie under `identity`.
struct Said {
  Identity identity;
  PvcName pvc;
  bool operator==(const Said&) const = default;
};

class OwnerTable {
 public:
  /// `pvc` is known too.
  void add(const Identity& identity, const PvcName& pvc);
  /// It exists.
  void knows(const PvcName& pvc);
  /// Works out what VolSync makes of the known PVCs' identities under these templates. Without it each question goes
  /// through all of them, which many PVCs of one namespace pay for. What becomes known later undoes it.
  void spell(const std::vector<IdentityTemplate>& templates);

  bool empty() const { return known_.empty() && identities_.empty(); }
  const std::set<PvcName>& owners_of(const Identity& identity) const;
  const std::set<Identity>& identities_of(const PvcName& pvc) const;
  bool is_known(const PvcName& pvc) const { return known_.contains(pvc) || identities_.contains(pvc); }
  /// Whether a known PVC other than `pvc` has an identity under one of `templates` that VolSync spells like this one,
  /// having lost letters.
  bool is_spelling_of_another(const Identity& identity, const PvcName& pvc,
                              const std::vector<IdentityTemplate>& templates) const;

 private:
  std::map<Identity, std::set<PvcName>> owners_;
  std::map<PvcName, std::set<Identity>> identities_;                ///< the other way round
  std::set<PvcName> known_;                                         ///< besides those
  std::optional<std::map<Identity, std::set<PvcName>>> spellings_;  ///< whose they are; absent: not worked out
};

}  // namespace holdfast::core
