#include "src/generator/run/auditor.hpp"

#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/generator/audit/verdict_now.hpp"
#include "src/generator/plan/backup_source.hpp"

namespace holdfast::generator {

Generator::Audit Auditor::audit(const std::string& ns, const core::Evidence& evidence) const {
  const core::Policy& policy = from_.setup.policy;
  Generator::Audit audit;
  for (const core::PvcName& pvc : from_.store.claims(ns)) {
    const StoredView stored = from_.views.of(pvc, &evidence);
    const View& view = stored.view;
    const Plan plan = make_plan(view, policy, from_.setup.options, base::utc_now());
    AuditItem item = audit_item(view, plan, judge(view, plan, evidence), policy);
    if (from_.leads) add_troubles(pvc, item);
    audit.items.push_back(std::move(item));
  }
  audit.repository = core::repository_age(evidence, policy, base::utc_now());
  audit.unclaimed = unclaimed(evidence);
  if (ns.empty()) return audit;
  std::erase_if(audit.unclaimed, [&](const Unclaimed& one) {
    const auto identity = core::parse_identity(one.source.identity);
    return !identity || identity->host != ns;
  });
  return audit;
}

core::Verdict Auditor::judge(const View& view, const Plan& plan, const core::Evidence& evidence) const {
  return verdict_now(view, plan.restore.stage, evidence, from_.setup.policy, from_.setup.options.adopt,
                     from_.memory.seen());
}

/// A PVC claims what its objects are backed up under too, where that is none of its places.
std::vector<Unclaimed> Auditor::unclaimed(const core::Evidence& evidence) const {
  ClaimedSources claimed(from_.setup.policy);
  for (const core::PvcName& pvc : from_.store.claims("")) {
    const StoredView stored = from_.views.of(pvc, &evidence);
    if (stored.view.claim == nullptr) continue;
    claimed.add(stored.view.claim->pvc, stored.view.ownership);
    claimed.add_identity(to_string(backup_identity(stored.view, from_.setup.policy)));
  }
  return claimed.missing_in(evidence);
}

/// What only the replica knows that writes.
std::vector<Gap> Auditor::troubles(const core::PvcName& pvc) const {
  std::vector<Gap> gaps;
  const std::string failed = from_.backoff.problem(pvc);
  if (!failed.empty()) gaps.push_back({"WriteFailed", failed});
  if (from_.backoff.is_restless(pvc, std::chrono::steady_clock::now())) gaps.push_back({"WrittenTooOften", kUndone});
  return gaps;
}

void Auditor::add_troubles(const core::PvcName& pvc, AuditItem& item) const {
  for (const Gap& trouble : troubles(pvc)) {
    item.waits_for.push_back(trouble.reason + ": " + trouble.message);
    item.gaps.push_back({trouble.reason, {}});
    item.gap = true;
  }
}

/// A gap is a state to look at, and nothing is done because of it: evidence of any age does.
void Auditor::show_gaps(const core::PvcName& pvc, const Plan& plan) {
  const auto claim = from_.store.claim(pvc);
  if (!from_.leads || claim == nullptr) return;
  const StoredView stored = from_.views.of(pvc, from_.refresher.last());
  show_gaps(stored.view, plan);
}

void Auditor::show_gaps(const View& view, const Plan& plan) {
  const core::Verdict verdict = view.evidence == nullptr ? core::Verdict() : judge(view, plan, *view.evidence);
  std::vector<Gap> gaps = audit_item(view, plan, verdict, from_.setup.policy).gaps;
  for (Gap& trouble : troubles(view.pvc)) gaps.push_back(std::move(trouble));
  reporter_.gaps(view.pvc, gaps);
}

void Auditor::show_all(bool anyhow) {
  const core::Evidence* evidence = from_.refresher.last();
  const auto* current = evidence == nullptr ? nullptr : std::get_if<core::Current>(&evidence->state);
  if (current == nullptr) return;
  const bool gaps = from_.leads && (anyhow || current->catalog != shown_);
  if (gaps) shown_ = current->catalog;
  for (const core::PvcName& pvc : from_.store.claims("")) {
    const StoredView stored = from_.views.of(pvc, evidence);
    const View& view = stored.view;
    reporter_.last_backup(pvc, last_backup(view, *current->catalog));
    reporter_.last_drill(pvc, last_drill(view));
    if (gaps) show_gaps(view, make_plan(view, from_.setup.policy, from_.setup.options, base::utc_now()));
  }
}

std::optional<core::Time> Auditor::last_backup(const View& view, const core::Catalog& catalog) const {
  if (!protection_of(view, from_.setup.policy).protects()) return std::nullopt;
  return newest_backup_end(view, from_.setup.policy, catalog);
}

std::optional<core::Time> Auditor::last_drill(const View& view) {
  const core::Observed* destination = object_of(view, Part::Destination);
  return is_ours(destination) ? core::parse_rfc3339(drill_mark(*destination).verified) : std::nullopt;
}

}  // namespace holdfast::generator
