// What the worker tells of the PVCs: it looks, and changes nothing.
#include <algorithm>

#include "holdfast/base/clock.hpp"
#include "src/generator/audit/verdict_now.hpp"
#include "src/generator/plan/backup_source.hpp"
#include "src/generator/run/worker.hpp"

namespace holdfast::generator {

Generator::Audit Worker::audit(const std::string& ns, const core::Evidence& evidence) const {
  Generator::Audit audit;
  audit.problem = observer_.problem();
  for (const core::PvcName& pvc : store_.claims(ns)) {
    const StoredView stored = this->view(pvc, &evidence);
    const View& view = stored.view;
    const Plan plan = make_plan(view, setup_.policy, setup_.options, base::utc_now());
    AuditItem item = audit_item(view, plan, judge(view, plan, evidence), setup_.policy);
    if (shared_.leads) add_troubles(pvc, item);
    audit.items.push_back(std::move(item));
  }
  audit.repository = core::repository_age(evidence, setup_.policy, base::utc_now());
  audit.unclaimed = unclaimed(evidence);
  if (ns.empty()) return audit;
  std::erase_if(audit.unclaimed, [&](const Unclaimed& one) {
    const auto identity = core::parse_identity(one.source.identity);
    return !identity || identity->host != ns;
  });
  return audit;
}

core::Verdict Worker::judge(const View& view, const Plan& plan, const core::Evidence& evidence) const {
  return verdict_now(view, plan.restore.stage, evidence, setup_.policy, setup_.options.adopt, memory_.seen());
}

/// A PVC claims what its objects are backed up under too, where that is none of its places.
std::vector<Unclaimed> Worker::unclaimed(const core::Evidence& evidence) const {
  ClaimedSources claimed(setup_.policy);
  for (const core::PvcName& pvc : store_.claims("")) {
    const StoredView stored = this->view(pvc, &evidence);
    if (stored.view.claim == nullptr) continue;
    claimed.add(stored.view.claim->pvc, stored.view.ownership);
    claimed.add_identity(to_string(backup_identity(stored.view, setup_.policy)));
  }
  return claimed.missing_in(evidence);
}

void Worker::add_troubles(const core::PvcName& pvc, AuditItem& item) const {
  for (const Gap& trouble : troubles(pvc)) {
    item.waits_for.push_back(trouble.reason + ": " + trouble.message);
    item.gaps.push_back({trouble.reason, {}});
    item.gap = true;
  }
}

}  // namespace holdfast::generator
