// Whose backups are whose, by the ReplicationSources and PVCs that the watches have told of.
#include <utility>

#include "holdfast/core/candidates.hpp"
#include "holdfast/generator/cluster_facts.hpp"
#include "src/generator/observed.hpp"
#include "src/generator/store.hpp"

namespace holdfast::generator {

/// By the names that either naming gives, and those that say that they are of this PVC: all the sources of a namespace
/// would be too many to go through each time. Our own of this very PVC says nothing new, and where somebody has edited
/// it, something wrong that is to be mended.
core::Ownership Store::ownership(const core::PvcName& pvc) const {
  core::Ownership said;
  const auto rivals = rivals_.find(pvc);
  std::set<std::string> asked = rivals == rivals_.end() ? std::set<std::string>() : rivals->second;
  for (const core::Naming naming : {core::Naming::LegacyBackup, core::Naming::V4}) {
    asked.insert(names(naming, pvc.name).source);
  }
  const auto& sources = table(Family::Sources).objects;
  for (const std::string& name : asked) {
    const auto found = sources.find(Place{pvc.ns, name});
    if (found == sources.end()) continue;
    const core::Observed source = found->unpack();
    if (!is_ours(&source) || made_for(source) != pvc) add_source(said, source);
  }
  for (const core::PvcName& namesake : core::namesakes(pvc)) {
    if (claims_.contains(Place{namesake.ns, namesake.name})) said.knows(namesake);
  }
  return said;
}

void Store::owners_changed(const std::string& ns) {
  if (!owners_changed_) return;
  owners_stale_.insert(ns);
  owners_changed_();
}

core::OwnerTable Store::owners_in(const std::string& ns) const {
  core::OwnerTable table;
  for (const core::PvcName& pvc : claims(ns)) table.knows(pvc);
  const auto& sources = this->table(Family::Sources).objects;
  for (auto at = sources.lower_bound(Place{ns, ""}); at != sources.end() && at->place().first == ns; ++at) {
    if (const auto said = said_by(at->unpack())) table.add(said->identity, said->pvc);
  }
  return table;
}

void Store::update(WatchedOwners& owners, const std::vector<core::IdentityTemplate>& templates) {
  for (const std::string& ns : std::exchange(owners_stale_, {})) {
    core::OwnerTable table = owners_in(ns);
    if (table.empty()) {
      owners.namespaces.erase(ns);
      continue;
    }
    table.spell(templates);
    owners.namespaces[ns] = std::make_shared<const core::OwnerTable>(std::move(table));
  }
  owners.current = claims_sight_.is_current() && sources_sight_.is_current();
}

/// Before its first backup a source has nothing to say that must be remembered.
std::vector<core::Said> Store::said() const {
  std::vector<core::Said> all;
  for (const PackedObject& packed : table(Family::Sources).objects) {
    const core::Observed source = packed.unpack();
    if (!source.status.last_sync) continue;
    if (auto said = said_by(source)) all.push_back(*std::move(said));
  }
  return all;
}

}  // namespace holdfast::generator
