#include "src/cli/rehearsal.hpp"

#include "holdfast/core/decide.hpp"
#include "holdfast/core/protection.hpp"

namespace holdfast::cli {

std::vector<generator::AuditItem> rehearse(const Input& input, const core::Evidence& evidence,
                                           const core::Policy& policy, core::Time now) {
  std::vector<generator::AuditItem> items;
  for (core::Claim claim : input.claims) {
    if (claim.pvc.name.empty()) continue;
    claim.uid.clear();  // of a cluster that this one is not
    const core::StringMap labels = input.labels_assumed(claim);
    generator::View view;
    view.pvc = claim.pvc.full_name();
    view.claim = &claim;
    view.namespace_labels = &labels;
    view.evidence = &evidence;
    generator::Plan plan;
    plan.protection = core::protection(claim.pvc, labels, policy);
    const core::Verdict verdict = core::decide(input.question(claim), evidence, {}, policy, now);
    items.push_back(generator::audit_item(view, plan, verdict, policy));
  }
  return items;
}

std::vector<generator::Unclaimed> unclaimed(const Input& input, const core::Evidence& evidence,
                                            const core::Policy& policy) {
  generator::ClaimedSources claimed(policy);
  for (const core::Claim& claim : input.claims) claimed.add(claim.pvc);
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
    case Fate::Lost:
      return "empty";
    case Fate::Refused:
      return "refused";
    case Fate::Unknown:
      return "unknown";
  }
  return "unknown";
}

Fate fate_of(const generator::AuditItem& item, bool evidence_is_current) {
  if (item.verdict == "restore") return Fate::Restored;
  if (item.verdict == "refuse") return Fate::Refused;
  if (item.code == to_string(core::Code::SourceAlreadySet)) return Fate::Own;
  if (item.verdict == "wait" || !evidence_is_current) return Fate::Unknown;
  return item.last_backup ? Fate::Lost : Fate::New;
}

}  // namespace holdfast::cli
