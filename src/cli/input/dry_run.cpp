#include "src/cli/input/dry_run.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "holdfast/core/decide.hpp"
#include "holdfast/core/protection.hpp"

namespace holdfast::cli {

std::vector<generator::AuditItem> dry_run(const Input& input, const core::Evidence& evidence,
                                          const core::Policy& policy, core::Time now) {
  std::vector<generator::AuditItem> items;
  std::map<std::string, generator::View> views;  // by namespace, because what is said there may be long
  for (core::Claim claim : input.claims) {
    if (claim.pvc.name.empty()) continue;
    claim.uid.clear();  // of a cluster that this one is not
    const core::StringMap labels = input.labels_assumed(claim);
    const auto [at, is_new] = views.try_emplace(claim.pvc.ns);
    generator::View& view = at->second;
    if (is_new) view.ownership = input.ownership_in(claim.pvc.ns);
    view.pvc = claim.pvc.full_name();
    view.claim = &claim;
    view.namespace_labels = &labels;
    view.evidence = &evidence;
    generator::Plan plan;
    plan.protection = core::protection(claim.pvc, labels, policy);
    const core::Intent intent = core::read_intent(input.question(claim), policy, now);
    const core::Verdict verdict = core::decide(intent, evidence, input.facts_for(intent), policy, now);
    items.push_back(generator::audit_item(view, plan, verdict, policy));
  }
  return items;
}

std::vector<generator::Unclaimed> unclaimed(const Input& input, const core::Evidence& evidence,
                                            const core::Policy& policy) {
  generator::ClaimedSources claimed(policy);
  for (const core::Claim& claim : input.claims) {
    claimed.add(claim.pvc, input.ownership_in(claim.pvc.ns));
    const std::string* from = core::lookup(claim.pvc.annotations, core::key::kRestoreFrom);
    const auto other = from == nullptr ? std::nullopt : core::parse_pvc_name(*from);
    if (!other) continue;
    for (const core::Identity& its : input.ownership_in(other->ns).of(*other)) claimed.add_identity(to_string(its));
  }
  return claimed.missing_in(evidence);
}

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::Restored:
      return "restored";
    case Fate::New:
      return "new";
    case Fate::Own:
      return "own-source";
    case Fate::Ignored:
      return "ignored";
    case Fate::Lost:
      return "empty";
    case Fate::Refused:
      return "refused";
    case Fate::Unknown:
      return "unknown";
  }
  return "unknown";
}

bool loses_backups(const generator::AuditItem& item) {
  return std::ranges::any_of(
      item.gaps, [](const generator::Gap& gap) { return gap.reason == to_string(core::Code::BackupsIgnored); });
}

Fate fate_of(const generator::AuditItem& item, bool evidence_is_current) {
  if (item.verdict == "restore") return Fate::Restored;
  if (item.verdict == "refuse") return Fate::Refused;
  if (item.code == to_string(core::Code::SourceAlreadySet)) return Fate::Own;
  if (item.verdict == "wait" || !evidence_is_current) return Fate::Unknown;
  if (loses_backups(item)) return Fate::Lost;
  return item.passes_by ? Fate::Ignored : Fate::New;
}

}  // namespace holdfast::cli
