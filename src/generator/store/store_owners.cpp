// Whose backups are whose, by the ReplicationSources and PVCs that the watches have told of.
#include <algorithm>
#include <utility>

#include "holdfast/core/candidates.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/generator/store/store.hpp"

namespace holdfast::generator {

/// By the names that either naming gives, by the places that templates give, and those that say that they are of this
/// PVC: all the sources of a namespace would be too many to unpack each time. Our own of this very PVC says nothing
/// new, and where somebody has edited it, something wrong that is to be mended.
core::Ownership Store::ownership(const core::PvcName& pvc) const {
  core::Ownership said;
  const auto rivals = rivals_.find(pvc);
  std::set<std::string> asked = rivals == rivals_.end() ? std::set<std::string>() : rivals->second;
  for (const core::Naming naming : {core::Naming::LegacyBackup, core::Naming::V4}) {
    asked.insert(names(naming, pvc.name).source);
  }
  std::vector<core::Identity> places;
  places.reserve(templates_.size());
  for (const core::IdentityTemplate& its : templates_) places.push_back(its.expand(pvc));
  for (auto at = said_.lower_bound({pvc.ns, ""}); at != said_.end() && at->first.first == pvc.ns; ++at) {
    if (std::ranges::find(places, at->second.identity) != places.end()) asked.insert(at->first.second);
  }
  for (const std::string& name : asked) {
    const auto found = said_.find({pvc.ns, name});
    if (found == said_.end()) continue;
    const core::Observed source = table(Family::Sources).objects.find(Place{pvc.ns, name})->unpack();
    if (!is_ours(&source) || made_for(source) != pvc) said.source_says(found->second.identity, found->second.pvc);
  }
  for (const core::PvcName& namesake : core::namesakes(pvc)) {
    if (claims_.contains(Place{namesake.ns, namesake.name})) said.knows(namesake);
  }
  return said;
}

void Store::hear(const Name& source, std::optional<core::Said> said) {
  const auto before = said_.find(source);
  if (before == said_.end() ? !said : said == before->second) return;
  if (said) tell_of(said->identity);
  if (before != said_.end()) {
    tell_of(before->second.identity);
    said_.erase(before);
  }
  if (said) said_.emplace(source, *std::move(said));
  owners_changed(source.first);
}

/// Of PVCs that would be backed up under it.
void Store::tell_of(const core::Identity& identity) const {
  for (const core::IdentityTemplate& its : templates_) {
    const auto pvc = its.another(identity, {});
    if (pvc && claims_.contains(Place{pvc->ns, pvc->name})) changed_(*pvc);
  }
}

void Store::owners_changed(const std::string& ns) {
  if (!owners_changed_) return;
  owners_stale_.insert(ns);
  owners_changed_();
}

core::OwnerTable Store::owners_in(const std::string& ns) const {
  core::OwnerTable table;
  for (const core::PvcName& pvc : claims(ns)) table.knows(pvc);
  for (auto at = said_.lower_bound({ns, ""}); at != said_.end() && at->first.first == ns; ++at) {
    table.add(at->second.identity, at->second.pvc);
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

std::vector<Synced> Store::synced() const {
  std::vector<Synced> all;
  for (const auto& [name, said] : said_) {
    const auto source = table(Family::Sources).objects.find(Place{name.first, name.second});
    if (const auto at = source->unpack().status.last_sync) all.push_back({said, *at});
  }
  return all;
}

}  // namespace holdfast::generator
