// Whose backups lie under which identity, as far as somebody says so: the kopia ReplicationSources of a PVC's
// namespace, and the memory of seen backups. A value; any thread. The default is that nobody says anything.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "holdfast/core/identity.hpp"

namespace holdfast::core {

enum class Whose {
  Unsaid,    ///< neither a source nor the memory speaks of it
  Own,       ///< the PVC's
  Anothers,  ///< another PVC's, and not this one's
  Disputed,  ///< they do not agree
};

class Ownership {
 public:
  /// A ReplicationSource backs `pvc` up as `identity`.
  void source_says(const Identity& identity, const PvcName& pvc);
  /// A line of the memory of seen backups.
  void memory_says(const Identity& identity, const PvcName& pvc);
  /// It exists. Whatever is spoken of counts as known too.
  void knows(const PvcName& pvc);
  /// Works out what VolSync makes of the known PVCs' identities under these templates. Without it each question goes
  /// through all of them, which many PVCs of one namespace pay for. What becomes known later undoes it.
  void spell(const std::vector<IdentityTemplate>& templates);

  Whose whose(const Identity& identity, const PvcName& pvc) const;

  /// The identities that are said to be `pvc`'s and have its namespace as host: those of sources, then the memory's.
  std::vector<Identity> of(const PvcName& pvc) const;

  bool is_known(const PvcName& pvc) const { return known_.contains(pvc); }
  /// Whether a known PVC other than `pvc` has an identity under one of `templates` that VolSync spells like this one,
  /// having lost letters.
  bool is_spelling_of_another(const Identity& identity, const PvcName& pvc,
                              const std::vector<IdentityTemplate>& templates) const;

 private:
  struct Says {
    std::map<Identity, std::set<PvcName>> owners;
    std::map<PvcName, std::set<Identity>> identities;  ///< the other way round
    void add(const Identity& identity, const PvcName& pvc);
  };
  Says sources_, memory_;
  std::set<PvcName> known_;
  std::optional<std::map<Identity, std::set<PvcName>>> spellings_;  ///< whose they are; absent: not worked out
};

}  // namespace holdfast::core
