// Everything that is held of one PVC.
#include <algorithm>

#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/run_as.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/store/store.hpp"

namespace holdfast::generator {

StoredView Store::view(const core::PvcName& pvc) const {
  StoredView stored;
  View& view = stored.view;
  view.pvc = pvc;
  stored.claim = claim(pvc);
  view.claim = stored.claim.get();
  view.claims_known = claims_known_;
  view.ownership = ownership(pvc);
  view.watches_current = watches_current();
  const auto ns = namespaces_.find(pvc.ns);
  if (ns != namespaces_.end()) {
    view.namespace_labels = &ns->second.labels;
    view.namespace_deleting = ns->second.deleting;
    view.privileged_movers = gives_privileges(value_of(ns->second.annotations, key::kPrivilegedMovers));
    view.older_backups_accepted = accepted_until(value_of(ns->second.annotations, key::kAcceptOlderBackups));
  }
  const auto unpacked = [&](Family family, const std::string& name) -> const core::Observed* {
    const auto found = table(family).objects.find(Place{pvc.ns, name});
    if (found == table(family).objects.end()) return nullptr;
    return stored.objects.emplace_back(std::make_unique<const core::Observed>(found->unpack())).get();
  };
  const Names wanted = names(naming_, pvc.name);
  stored.run_volume = claim({pvc.ns, run_volume_name(wanted.run)});
  view.run_volume = stored.run_volume.get();
  view.drill_volume_left = claims_.contains(Place{pvc.ns, run_volume_name(wanted.drill)});
  view.other_drill = std::ranges::any_of(drills_, [&](const Name& drill) {
    return drill != Name{pvc.ns, wanted.drill};
  });
  for (const Part part : kPvcParts) {
    view.known[part] = table(family(part)).known;
    if (const core::Observed* object = unpacked(family(part), wanted.of(part))) view.objects[part] = object;
  }
  if (const auto rivals = rivals_.find(pvc); rivals != rivals_.end()) {
    for (const std::string& name : rivals->second) {
      if (name == wanted.source || name == wanted.offsite_source) continue;  // those are parts
      if (const core::Observed* rival = unpacked(Family::Sources, name)) view.rivals.push_back(rival);
    }
  }
  const auto strays = strays_.find(pvc);
  if (strays == strays_.end()) return stored;
  for (const auto& [family, name] : strays->second) {
    const Part part = family == Family::Secrets   ? Part::Secret
                      : family == Family::Sources ? Part::Source
                                                  : Part::Destination;
    view.strays.emplace_back(part, unpacked(family, name));
  }
  return stored;
}

}  // namespace holdfast::generator
