// Whose backups lie under which identity, as far as somebody says so: the kopia ReplicationSources of a PVC's
// namespace, and the memory of seen backups. A value; any thread. The default is that nobody says anything.
#pragma once

#include <map>
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
  void knows(const PvcName& pvc) { known_.insert(pvc); }

  Whose whose(const Identity& identity, const PvcName& pvc) const;

  /// The identities that are said to be `pvc`'s and have its namespace as host: those of sources, then the memory's.
  std::vector<Identity> of(const PvcName& pvc) const;

  bool is_known(const PvcName& pvc) const { return known_.contains(pvc); }
  /// Every PVC of which something is known.
  const std::set<PvcName>& known() const { return known_; }

 private:
  struct Says {
    std::map<Identity, std::set<PvcName>> owners;
    std::map<PvcName, std::set<Identity>> identities;  ///< the other way round
    void add(const Identity& identity, const PvcName& pvc);
  };
  Says sources_, memory_;
  std::set<PvcName> known_;
};

}  // namespace holdfast::core
