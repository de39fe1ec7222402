#include "holdfast/webhook/ops_routes.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "holdfast/core/time.hpp"

namespace holdfast::webhook {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>holdfast</title>
<style>
body { font: 14px/1.5 sans-serif; margin: 2em; color: #222; background: #fff }
table { border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .3em 1em .3em 0; border-bottom: 1px solid #ddd }
.gap { color: #a00; font-weight: bold }
.note { color: #666; font-size: 12px }
</style></head><body>
<h1>holdfast</h1>
)";
constexpr std::string_view kTableHead =
    "<table>\n<tr><th>PVC</th><th>protection</th><th>phase</th><th>backup</th><th>last backup</th><th>restore</th>"
    "<th>last drill</th><th>if created now</th></tr>\n";
constexpr std::string_view kUnclaimedHead =
    "<table>\n<tr><th>source</th><th>snapshots</th><th>newest</th><th>bytes of it</th><th>nearest PVCs</th></tr>\n";

std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "&<>\"'";
  constexpr std::string_view kEscapes[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  std::string out;
  for (const char c : text) {
    const std::size_t special = kSpecial.find(c);
    if (special == std::string_view::npos)
      out += c;
    else
      out += kEscapes[special];
  }
  return out;
}

std::string field(const Json::Value& item, const char* name) { return escaped(item.get(name, "").asString()); }

std::string cell(const std::string& html) { return "<td>" + html + "</td>"; }

std::string note(const std::string& text) { return "<div class=\"note\">" + escaped(text) + "</div>"; }

/// Why it is a gap, where that is not what it waits for: "<Reason>: <sentence>".
std::string gap_notes(const Json::Value& item) {
  std::string html;
  for (const Json::Value& gap : item["gaps"]) {
    const std::string text = gap.asString();
    if (text.find(": ") != std::string::npos) html += note(text);
  }
  return html;
}

/// What the PVC waits for, and which annotations ignore its backups.
std::string notes(const Json::Value& item) {
  std::string html = gap_notes(item);
  for (const Json::Value& reason : item["waitsFor"]) html += note("waits for " + reason.asString());
  for (const Json::Value& key : item["ignored"]) {
    html += note("backups are ignored because of " + key.asString());
  }
  return html;
}

std::string row(const Json::Value& item) {
  const bool gap = item.get("gap", false).asBool();
  std::string html = gap ? "<tr class=\"gap\">" : "<tr>";
  html += cell(field(item, "namespace") + "/" + field(item, "pvc") + (gap ? " (gap)" : "") + notes(item));
  html += cell(field(item, "protection") + " " + field(item, "tier"));
  for (const char* name : {"phase", "source", "lastBackup", "restore", "lastDrill"}) html += cell(field(item, name));
  html += cell(field(item, "verdict") + " " + field(item, "code"));
  return html + "</tr>\n";
}

std::string unclaimed_row(const Json::Value& source) {
  std::string nearest;
  for (const Json::Value& pvc : source["nearest"]) nearest += (nearest.empty() ? "" : ", ") + escaped(pvc.asString());
  const auto number = [&](const char* name) { return cell(std::to_string(source.get(name, 0).asInt64())); };
  return "<tr>" + cell(field(source, "identity")) + number("snapshots") + cell(field(source, "newest")) +
         number("size") + cell(nearest) + "</tr>\n";
}

std::string unclaimed_table(const Json::Value& sources) {
  if (sources.empty()) return {};
  std::string html = fmt::format("<h2>Backups that no PVC claims: {}</h2>\n", sources.size());
  if (sources.size() > kMaxRows) html += fmt::format("<p>The first {} are shown; /audit has all.</p>\n", kMaxRows);
  html += kUnclaimedHead;
  const auto shown = std::min<Json::ArrayIndex>(sources.size(), kMaxRows);
  for (Json::ArrayIndex i = 0; i < shown; ++i) html += unclaimed_row(sources[i]);
  return html + "</table>\n";
}

std::string repository_line(const Json::Value& repository) {
  const std::string newest = field(repository, "newestSnapshot");
  if (newest.empty()) return {};
  const auto age = core::format_age(std::chrono::seconds(repository.get("ageSeconds", 0).asInt64()));
  const bool outdated = repository.get("outdated", false).asBool();
  return fmt::format("<p{}>The newest snapshot of the repository is {} old ({}){}.</p>\n",
                     outdated ? " class=\"gap\"" : "", age, newest,
                     outdated ? ", over index.freshLimit: nothing may start empty" : "");
}

std::string summary(const AuditPage& page, std::size_t gaps) {
  std::string html = fmt::format("<p>{} PVCs, {} with a gap.", page.items.size(), gaps);
  if (page.items.size() > kMaxRows) html += fmt::format(" The first {} are shown; /audit has all.", kMaxRows);
  if (!page.problem.empty()) html += " <span class=\"gap\">Incomplete: " + escaped(page.problem) + "</span>";
  return html + "</p>\n" + repository_line(page.repository);
}

}  // namespace

std::string audit_html(const AuditPage& page) {
  std::vector<const Json::Value*> rows;
  rows.reserve(page.items.size());
  for (const Json::Value& item : page.items) rows.push_back(&item);
  const auto rest = std::stable_partition(rows.begin(), rows.end(),
                                          [](const Json::Value* item) { return item->get("gap", false).asBool(); });
  std::string html = std::string(kHead) + summary(page, static_cast<std::size_t>(rest - rows.begin()));
  html += kTableHead;
  for (std::size_t i = 0; i < std::min(rows.size(), kMaxRows); ++i) html += row(*rows[i]);
  html += "</table>\n" + unclaimed_table(page.unclaimed);
  return html + "</body></html>\n";
}

}  // namespace holdfast::webhook
