// `audit` and `why`: the same look at the cluster, as a table and as a story.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/clock.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/generator/generator.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/command_log.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/describe.hpp"
#include "src/cli/input/dry_run.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/newcomer.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

using Audit = generator::Generator::Audit;
constexpr std::chrono::seconds kListingTime{60};

/// Everything that a look needs, in the order in which it depends on each other.
struct Look {
  explicit Look(const Settings& s)
      : settings(s), log(command_log(s)), metrics(HOLDFAST_VERSION), index(make_index(s, log, metrics)) {}

  /// All of it, or one namespace.
  Audit cluster(const std::string& ns = {}) {
    const kube::Config config = need_cluster(settings);
    const auto deadline = std::chrono::steady_clock::now() + kListingTime + 2 * settings.index.timeout;
    return generator::audit_once(generator_setup(settings, config), config, *index, log, deadline, ns);
  }

  Audit file(const InputRequest& request) {
    const Input input = read_input(request, settings.policy);
    tell_warnings(input);
    const core::Evidence evidence = look(settings, *index);
    const auto* unknown = std::get_if<core::Unknown>(&evidence.state);
    const core::Time now = base::utc_now();
    Audit audit;
    audit.items = dry_run(input, evidence, settings.policy, now);
    audit.unclaimed = unclaimed(input, evidence, settings.policy);
    audit.repository = core::repository_age(evidence, settings.policy, now);
    if (unknown != nullptr) audit.problem = "the backups are not known: " + unknown->reason;
    return audit;
  }

  const Settings& settings;
  ops::Logger log;
  ops::Metrics metrics;
  std::unique_ptr<index::Index> index;
};

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

}  // namespace

int audit(const Settings& settings, const InputRequest& input, Output output) {
  Look look_at(settings);
  const bool of_cluster = input.files.empty();
  const Audit audit = of_cluster ? look_at.cluster(input.ns) : look_at.file(input);
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
  Audit audit = look_at.cluster();
  std::erase_if(audit.items, [&](const generator::AuditItem& item) { return item.pvc != *pvc; });
  if (!audit.problem.empty()) look_at.log.warn("the answer is incomplete", {{"problem", audit.problem}});
  const bool exists = !audit.items.empty();
  const generator::AuditItem item =
      exists ? audit.items.front() : newcomer(*pvc, settings, need_cluster(settings), *look_at.index, look_at.log);
  if (output == Output::Text) {
    print(exists ? describe(item) : describe_absent(item));
  } else {
    print(render(generator::audit_values({item})[0], output));
  }
  if (!exists) return audit.problem.empty() ? kCheckFailed : kCannotTell;
  return exit_code(audit);
}

}  // namespace holdfast::cli
