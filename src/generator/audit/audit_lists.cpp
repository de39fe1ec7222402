// The audit as JSON and as a table.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/generator/audit.hpp"
#include "holdfast/json/tree.hpp"
#include "src/generator/plan/hold.hpp"

namespace holdfast::generator {
namespace {

/// "<Reason>: <sentence>", or the reason alone where a hold says the rest.
std::string to_line(const Gap& gap) { return gap.message.empty() ? gap.reason : gap.reason + ": " + gap.message; }

void put(Json::Value& out, const char* key, const std::string& value) {
  if (!value.empty()) out[key] = value;
}

void put(Json::Value& out, const char* key, const std::vector<std::string>& values) {
  for (const std::string& value : values) out[key].append(value);
}

std::vector<const AuditItem*> sorted(const std::vector<AuditItem>& items) {
  std::vector<const AuditItem*> order;
  order.reserve(items.size());
  for (const AuditItem& item : items) order.push_back(&item);
  std::ranges::sort(order, {}, &AuditItem::pvc);
  return order;
}

Json::Value to_value(const AuditItem& item) {
  Json::Value out;
  out["namespace"] = item.pvc.ns;
  out["pvc"] = item.pvc.name;
  out["protected"] = item.is_protected;
  out["gap"] = item.gap;
  put(out, "protection", item.protection);
  put(out, "tier", item.tier);
  put(out, "phase", item.phase);
  put(out, "verdict", item.verdict);
  put(out, "code", item.code);
  put(out, "message", item.message);
  put(out, "warnings", item.warnings);
  put(out, "identity", item.identity);
  put(out, "secret", item.secret);
  put(out, "destination", item.destination);
  put(out, "source", item.source);
  put(out, "restore", item.restore);
  put(out, "restoreToken", item.restore_token);
  put(out, "verifiedBy", item.verified_by);
  put(out, "missing", item.missing);
  if (item.last_backup) out["lastBackup"] = core::format_seconds(*item.last_backup);
  if (item.last_drill) out["lastDrill"] = core::format_seconds(*item.last_drill);
  put(out, "drill", item.drill);
  for (const Gap& gap : item.gaps) out["gaps"].append(to_line(gap));
  put(out, "waitsFor", item.waits_for);
  put(out, "otherSources", item.other_sources);
  put(out, "ignored", item.ignored);
  return out;
}

using Row = std::vector<std::string>;

Row to_row(const AuditItem& item) {
  const auto or_dash = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  const std::string protection = item.is_protected ? item.protection + " " + item.tier : item.protection;
  const auto time_or_dash = [](const std::optional<core::Time>& time) {
    return time ? core::format_seconds(*time) : std::string("-");
  };
  return {to_string(item.pvc),   protection,
          or_dash(item.source),  time_or_dash(item.last_backup),
          or_dash(item.restore), item.drill.starts_with("failed") ? "failed" : time_or_dash(item.last_drill),
          or_dash(item.verdict), item.gap ? "GAP" : "ok"};
}

}  // namespace

Json::Value audit_values(const std::vector<AuditItem>& items) {
  Json::Value values(Json::arrayValue);
  for (const AuditItem* item : sorted(items)) values.append(to_value(*item));
  return values;
}

std::string audit_json(const std::vector<AuditItem>& items) {
  Json::Value all;
  all["items"] = audit_values(items);
  return json::write_tree(all);
}

std::string audit_text(const std::vector<AuditItem>& items) {
  const Row head = {"PVC", "PROTECTION", "BACKUP", "LAST BACKUP", "RESTORE", "LAST DRILL", "IF CREATED NOW", ""};
  const auto order = sorted(items);
  std::vector<Row> rows = {head};
  for (const AuditItem* item : order) rows.push_back(to_row(*item));
  const auto lines = base::aligned(rows);
  std::string text = lines[0] + "\n";
  for (std::size_t i = 0; i < order.size(); ++i) {
    text += lines[i + 1] + "\n";
    for (const Gap& gap : order[i]->gaps) {
      if (!gap.message.empty()) text += "    gap " + to_line(gap) + "\n";
    }
    for (const std::string& reason : order[i]->waits_for) text += "    waits for " + reason + "\n";
    for (const std::string& warning : order[i]->warnings) text += "    if created now " + warning + "\n";
    for (const std::string& source : order[i]->other_sources) {
      text += "    is backed up by ReplicationSource " + one_line(source) + " too\n";
    }
    for (const std::string& key : order[i]->ignored) text += "    its backups are ignored because of " + key + "\n";
  }
  return text;
}

}  // namespace holdfast::generator
