#include "src/cli/describe.hpp"

#include <fmt/format.h>

namespace holdfast::cli {
namespace {

using generator::AuditItem;

std::string line(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : fmt::format("  {:<16}{}\n", name, value);
}

std::string head(const AuditItem& item) {
  const std::string phase = item.phase.empty() ? "" : ", " + item.phase;
  const std::string what = item.is_protected ? fmt::format("protected ({})", item.tier) : item.protection;
  return fmt::format("{}: {}{}{}\n", to_string(item.pvc), what, phase, item.gap ? ", NOT AS IT SHOULD BE" : "");
}

std::string if_created_now(const AuditItem& item) {
  std::string text = line("if created now", fmt::format("{} {}: {}", item.verdict, item.code, item.message));
  for (const std::string& warning : item.warnings) text += line("warning", warning);
  return text;
}

std::string backups(const AuditItem& item) {
  return line("backed up as", item.identity) +
         line("last backup", item.last_backup ? core::format_seconds(*item.last_backup) : "none known");
}

/// By what a restore was verified, for people.
std::string said_of(std::string_view verified_by) {
  if (verified_by == "counts") return "kopia's counts, and the list of snapshots since its end";
  if (verified_by == "log") return "its mover's word, and the list of snapshots since its end; without counts";
  return std::string(verified_by == "person" ? "a person, who takes it as it is" : verified_by);
}

}  // namespace

std::string describe(const AuditItem& item) {
  std::string text = head(item) + if_created_now(item) + backups(item);
  text += line("secret", item.secret) + line("destination", item.destination) + line("backup", item.source);
  if (!item.restore.empty()) {
    text += line("restore", item.restore_token.empty() ? item.restore
                                                       : fmt::format("{}, run {}", item.restore, item.restore_token));
  }
  text += line("verified by", said_of(item.verified_by)) + line("missing", item.missing);
  text += line("drill", item.drill);
  if (item.last_drill) text += line("last drill", core::format_seconds(*item.last_drill));
  for (const generator::Gap& gap : item.gaps) {
    if (!gap.message.empty()) text += line("gap", gap.reason + ": " + gap.message);
  }
  for (const std::string& reason : item.waits_for) text += line("waits for", reason);
  for (const std::string& key : item.ignored) text += line("ignores backups", key);
  return text;
}

std::string describe_absent(const AuditItem& item) {
  return fmt::format("{}: there is no such PVC\n", to_string(item.pvc)) + if_created_now(item) + backups(item);
}

}  // namespace holdfast::cli
