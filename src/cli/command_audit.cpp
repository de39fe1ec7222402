// `audit` and `why`: the same look at the cluster, as a table and as a story.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/clock.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/generator/generator.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/describe.hpp"
#include "src/cli/input/dry_run.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/newcomer.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

using Audit = generator::Generator::Audit;

Audit audit_file(Look& look_at, const InputRequest& request) {
  const core::Policy& policy = look_at.settings.policy;
  const Input input = read_input(request, policy);
  tell_warnings(input);
  const core::Evidence evidence = look_at.at_backups();
  const auto* unknown = std::get_if<core::Unknown>(&evidence.state);
  const core::Time now = base::utc_now();
  Audit audit;
  audit.items = dry_run(input, evidence, policy, now);
  audit.unclaimed = unclaimed(input, evidence, policy);
  audit.repository = core::repository_age(evidence, policy, now);
  if (unknown != nullptr) audit.problem = "the backups are not known: " + unknown->reason;
  return audit;
}

struct Totals {
  explicit Totals(const std::vector<generator::AuditItem>& items)
      : pvcs(items.size()),
        is_protected(std::ranges::count(items, true, &generator::AuditItem::is_protected)),
        gaps(std::ranges::count(items, true, &generator::AuditItem::gap)),
        ignoring(std::ranges::count_if(items, ignores_with_reason)) {}
  static bool ignores_with_reason(const generator::AuditItem& item) { return fate_of(item, true) == Fate::Ignored; }
  std::size_t pvcs;
  std::ptrdiff_t is_protected, gaps, ignoring;
};

/// "3 PVCs: 2 protected, 1 with a gap, 1 whose backups are ignored for a reason".
std::string totals_text(const Totals& totals) {
  std::string text = fmt::format("{} PVC{}: {} protected, {} with a gap", totals.pvcs, totals.pvcs == 1 ? "" : "s",
                                 totals.is_protected, totals.gaps);
  if (totals.ignoring > 0) text += fmt::format(", {} whose backups are ignored for a reason", totals.ignoring);
  return text + "\n";
}

Json::Value to_value(const Totals& totals) {
  Json::Value value;
  value["pvcs"] = static_cast<Json::UInt64>(totals.pvcs);
  value["protected"] = static_cast<Json::Int64>(totals.is_protected);
  value["gaps"] = static_cast<Json::Int64>(totals.gaps);
  value["ignored"] = static_cast<Json::Int64>(totals.ignoring);
  return value;
}

Json::Value to_value(const Audit& audit) {
  Json::Value value;
  value["totals"] = to_value(Totals(audit.items));
  value["items"] = generator::audit_values(audit.items);
  if (audit.repository) value["repository"] = generator::repository_values(*audit.repository, base::utc_now());
  if (!audit.unclaimed.empty()) {
    value["unclaimed"] = generator::unclaimed_values(audit.unclaimed, base::utc_now());
  }
  if (!audit.problem.empty()) value["problem"] = audit.problem;
  return value;
}

/// A gap is a fact, whatever else is not known. What would have to wait could not be judged.
int exit_code(const Audit& audit) {
  const auto any = [&](auto&& says) { return std::any_of(audit.items.begin(), audit.items.end(), says); };
  if (any([](const generator::AuditItem& item) { return item.gap; })) return kCheckFailed;
  const bool unjudged = any([](const generator::AuditItem& item) { return item.verdict == "wait"; });
  return audit.problem.empty() && !unjudged ? kOk : kCannotTell;
}

/// What a PVC that is not there would be told, were it created now.
generator::AuditItem absent(const core::PvcName& name, Look& look_at) {
  const Newcomer asked = newcomer(name, look_at.settings, look_at.log);
  return dry_run(asked.input, look_at.at_backups(), asked.policy, base::utc_now()).front();
}

}  // namespace

int audit(const Settings& settings, const InputRequest& input, Output output) {
  Look look_at(settings);
  const bool of_cluster = input.files.empty();
  const Audit audit =
      of_cluster ? audit_cluster(look_at, need_cluster(settings), input.ns) : audit_file(look_at, input);
  if (!audit.problem.empty()) look_at.log.warn("the audit is incomplete", {{"problem", audit.problem}});
  if (output == Output::Text) {
    print(generator::audit_text(audit.items) + generator::unclaimed_text(audit.unclaimed, base::utc_now()) +
          generator::repository_text(audit.repository, settings.policy, base::utc_now()) +
          totals_text(Totals(audit.items)));
  } else {
    print(render(to_value(audit), output));
  }
  if (of_cluster || !audit.items.empty()) return exit_code(audit);
  look_at.log.warn("nothing to judge: no PersistentVolumeClaim in the input");
  return kCannotTell;
}

int why(const Settings& settings, const std::string& name, Output output) {
  const auto pvc = core::parse_pvc_name(name);
  if (!pvc) throw SettingsError(fmt::format("why: {:?} is not <namespace>/<pvc>", name));
  Look look_at(settings);
  Audit audit = audit_cluster(look_at, need_cluster(settings));
  std::erase_if(audit.items, [&](const generator::AuditItem& item) { return item.pvc != *pvc; });
  if (!audit.problem.empty()) look_at.log.warn("the answer is incomplete", {{"problem", audit.problem}});
  const bool exists = !audit.items.empty();
  const generator::AuditItem item = exists ? audit.items.front() : absent(*pvc, look_at);
  if (output == Output::Text) {
    print(exists ? describe(item) : describe_absent(item));
  } else {
    print(render(generator::audit_values({item})[0], output));
  }
  if (!exists) return audit.problem.empty() ? kCheckFailed : kCannotTell;
  return exit_code(audit);
}

}  // namespace holdfast::cli
