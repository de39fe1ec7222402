#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/cli/run.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/input/dry_run.hpp"
#include "src/cli/input/input.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

struct Planned {
  generator::AuditItem item;
  Fate fate;
};

std::string to_text(const Planned& planned) {
  const generator::AuditItem& item = planned.item;
  std::string text =
      fmt::format("{:<40} {:<10} {}\n    {}\n", to_string(item.pvc), to_string(planned.fate), item.code, item.message);
  for (const std::string& warning : item.warnings) text += fmt::format("    {}\n", warning);
  if (loses_backups(item)) {
    text += fmt::format("    its backups, the last of {}, would not be restored\n",
                        core::format_seconds(*item.last_backup));
  }
  for (const std::string& key : item.ignored) text += fmt::format("    backups are ignored because of {}\n", key);
  return text;
}

Json::Value to_json(const Planned& planned) {
  const generator::AuditItem& item = planned.item;
  Json::Value out;
  out["namespace"] = item.pvc.ns;
  out["pvc"] = item.pvc.name;
  out["outcome"] = std::string(to_string(planned.fate));
  out["verdict"] = item.verdict;
  out["code"] = item.code;
  out["message"] = item.message;
  if (item.last_backup) out["lastBackup"] = core::format_seconds(*item.last_backup);
  for (const std::string& warning : item.warnings) out["warnings"].append(warning);
  for (const std::string& key : item.ignored) out["ignored"].append(key);
  return out;
}

constexpr Fate kFates[] = {Fate::Restored, Fate::New,     Fate::Own,    Fate::Ignored,
                           Fate::Lost,     Fate::Refused, Fate::Unknown};

std::ptrdiff_t count(const std::vector<Planned>& all, Fate fate) {
  return std::ranges::count(all, fate, &Planned::fate);
}

/// "3 PVCs: 2 restored, 1 new".
std::string totals_text(const std::vector<Planned>& all) {
  std::string text = fmt::format("{} PVC{}", all.size(), all.size() == 1 ? "" : "s");
  std::string_view before = ": ";
  for (const Fate fate : kFates) {
    if (count(all, fate) == 0) continue;
    text += fmt::format("{}{} {}", std::exchange(before, ", "), count(all, fate), to_string(fate));
  }
  return text + "\n";
}

Json::Value totals(const std::vector<Planned>& all) {
  Json::Value value;
  value["pvcs"] = static_cast<Json::UInt64>(all.size());
  for (const Fate fate : kFates) value[std::string(to_string(fate))] = static_cast<Json::Int64>(count(all, fate));
  return value;
}

/// All that is said.
struct Report {
  std::vector<Planned> all;
  std::vector<generator::Unclaimed> unclaimed;
  std::optional<core::RepositoryAge> repository;  ///< nullopt: it is not known what it holds
  core::Time now = base::utc_now();
};

void show(const Report& report, const core::Policy& policy, Output output) {
  if (output == Output::Text) {
    std::string text;
    for (const Planned& planned : report.all) text += to_text(planned);
    return print(text + generator::unclaimed_text(report.unclaimed, report.now) +
                 generator::repository_text(report.repository, policy, report.now) + totals_text(report.all));
  }
  Json::Value value;
  value["items"] = Json::arrayValue;
  if (!report.unclaimed.empty()) value["unclaimed"] = generator::unclaimed_values(report.unclaimed, report.now);
  if (report.repository) value["repository"] = generator::repository_values(*report.repository, report.now);
  value["totals"] = totals(report.all);
  value["totals"]["unclaimed"] = static_cast<Json::UInt64>(report.unclaimed.size());
  for (const Planned& planned : report.all) value["items"].append(to_json(planned));
  print(render(value, output));
}

int exit_code(const Report& report, bool require_claimed) {
  const auto has = [&](Fate fate) { return count(report.all, fate) > 0; };
  const bool loses = std::ranges::any_of(report.all, [](const Planned& one) { return loses_backups(one.item); });
  if (loses || has(Fate::Refused)) return kCheckFailed;
  if (report.all.empty()) return kCannotTell;
  if (require_claimed && !report.unclaimed.empty()) return kCheckFailed;
  return has(Fate::Unknown) ? kCannotTell : kOk;
}

}  // namespace

int plan(const Settings& settings, const PlanRequest& request, Output output) {
  Look look_at(settings);
  const Input input = read_input(request.input, settings.policy);
  tell_warnings(input);
  const core::Evidence evidence = look_at.at_backups();
  const bool current = std::holds_alternative<core::Current>(evidence.state);
  Report report;
  report.repository = core::repository_age(evidence, settings.policy, report.now);
  report.unclaimed = unclaimed(input, evidence, settings.policy);
  for (auto& item : dry_run(input, evidence, settings.policy, report.now)) {
    const Fate fate = fate_of(item, current);
    report.all.push_back({std::move(item), fate});
  }
  if (report.all.empty()) look_at.log.warn("nothing to judge: no PersistentVolumeClaim in the input");
  show(report, settings.policy, output);
  const int code = exit_code(report, request.require_claimed);
  return code == kOk && request.require_claimed && !current ? kCannotTell : code;
}

}  // namespace holdfast::cli
