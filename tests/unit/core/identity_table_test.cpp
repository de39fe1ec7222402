// The table of docs/identities.md, row by row.
#include <fmt/format.h>

#include <fstream>
#include <map>

#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

struct Row {
  std::string naming, identities, holds, verdict;
};

std::vector<Row> table() {
  std::ifstream page(TEST_DATA "/../../docs/identities.md");
  REQUIRE(page);
  std::vector<Row> rows;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| legacy-backup |") && !line.starts_with("| v4 |")) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 2, end; (end = line.find(" |", at)) != std::string::npos; at = end + 3) {
      cells.push_back(line.substr(at, end - at));
    }
    REQUIRE(cells.size() == 4);
    rows.push_back({cells[0], cells[1], cells[2], cells[3]});
  }
  return rows;
}

constexpr std::string_view kOlder = "2026-01-01T00:00:00Z", kNewer = "2026-02-28T02:00:00Z";

std::vector<IdentityTemplate> identities(const std::string& text) {
  const std::map<std::string, std::vector<std::string_view>> known = {
      {"not set", {}},
      {"legacy", {"{pvc}-backup@{namespace}:/data"}},
      {"v4", {"{pvc}@{namespace}:/data"}},
      {"legacy, v4", {"{pvc}-backup@{namespace}:/data", "{pvc}@{namespace}:/data"}},
      {"v4, legacy", {"{pvc}@{namespace}:/data", "{pvc}-backup@{namespace}:/data"}},
      {"another", {"{namespace}-{pvc}@nas:/pvcs"}}};
  std::vector<IdentityTemplate> templates;
  for (const std::string_view one : known.at(text)) templates.push_back(IdentityTemplate::parse(one).value());
  return templates;
}

std::vector<ListedSnapshot> snapshots(const std::string& text) {
  const auto legacy = [](std::string_view when) { return listed("app-backup@media:/data", 1, when); };
  const auto v4 = [](std::string_view when) { return listed("app@media:/data", 2, when); };
  const std::map<std::string, std::vector<ListedSnapshot>> known = {
      {"nothing", {}},
      {"legacy", {legacy(kNewer)}},
      {"v4", {v4(kNewer)}},
      {"both, legacy newer", {legacy(kNewer), v4(kOlder)}},
      {"both, v4 newer", {legacy(kOlder), v4(kNewer)}},
      {"VolSync's spelling", {listed("myapp-backup@media:/data", 3, kNewer)}},
      {"a source's own name", {listed("nightly@media:/data", 4, kNewer)}},
      {"another path", {listed("app@media:/config", 5, kNewer)}}};
  return known.at(text);
}

/// As the table writes it.
std::string verdict(const Row& row) {
  Case c;
  c.policy.naming = row.naming == "v4" ? Naming::V4 : Naming::LegacyBackup;
  c.policy.identities = identities(row.identities);
  c.pvc().name = row.holds == "VolSync's spelling" ? "my.app" : "app";
  c.evidence = current(snapshots(row.holds));
  Ownership ownership;
  if (row.holds == "a source's own name") ownership.source_says(identity("nightly@media:/data"), c.pvc().full_name());
  c.cluster.ownership = ownership;
  const Verdict verdict = c.decide();
  if (const auto* restore = std::get_if<Restore>(&verdict.outcome)) {
    return fmt::format("Restore of `{}`", to_string(restore->source));
  }
  const std::string_view code = to_string(verdict.code);
  return verdict.code == Code::NoBackup ? "Fresh" : fmt::format("Refuse `{}`", code);
}

}  // namespace

TEST_CASE("what comes of naming, identities and what the repository holds is as the page says") {
  const std::vector<Row> rows = table();
  CHECK(rows.size() == 2 * 6 * 8);
  for (const Row& row : rows) {
    INFO(row.naming << ", " << row.identities << ", " << row.holds);
    CHECK(verdict(row) == row.verdict);
  }
}

TEST_CASE("no naming and no list of identities turns a restore into an empty start") {
  for (const Row& row : table()) {
    if (row.holds != "nothing") CHECK(row.verdict != "Fresh");
  }
}
