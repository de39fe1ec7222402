// Whose backups lie under which identity, as far as somebody says so: the kopia ReplicationSources of a PVC's
// namespace, and the memory of seen backups. A value; any thread. The default is that nobody says anything.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "holdfast/core/owner_table.hpp"

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
  void source_says(const Identity& identity, const PvcName& pvc) { sources_.add(identity, pvc); }
  /// It exists. Whatever is spoken of counts as known too.
  void knows(const PvcName& pvc) { sources_.knows(pvc); }
  /// As that of OwnerTable, for what was said here.
  void spell(const std::vector<IdentityTemplate>& templates) { sources_.spell(templates); }
  /// What a watch, or the memory, says besides; what comes first is preferred. May be null: it says nothing.
  void add(std::shared_ptr<const OwnerTable> witness);

  /// Nobody says anything.
  bool empty() const { return sources_.empty() && others_.empty(); }

  Whose whose(const Identity& identity, const PvcName& pvc) const;
  /// PVCs other than `pvc` whose it is said to be.
  std::set<PvcName> others(const Identity& identity, const PvcName& pvc) const;
  /// A ReplicationSource that source_says() was told of backs another PVC up as this.
  bool is_another_at_work(const Identity& identity, const PvcName& pvc) const;

  /// The identities that are said to be `pvc`'s and have its namespace as host: those of sources first.
  std::vector<Identity> of(const PvcName& pvc) const;

  bool is_known(const PvcName& pvc) const;
  bool is_spelling_of_another(const Identity& identity, const PvcName& pvc,
                              const std::vector<IdentityTemplate>& templates) const;

 private:
  /// Calls `f` with each witness until it returns true; returns whether it did.
  template <class F>
  bool any_witness(F&& f) const;

  OwnerTable sources_;
  std::vector<std::shared_ptr<const OwnerTable>> others_;
};

}  // namespace holdfast::core
