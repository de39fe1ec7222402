// `snapshots`: what the repository holds, of everything or of one PVC.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <unordered_set>

#include "holdfast/base/clock.hpp"
#include "holdfast/base/text.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/core/candidates.hpp"
#include "holdfast/core/quantity.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/newcomer.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxIdentityBytes = 512;

std::int64_t seconds(std::chrono::nanoseconds age) { return std::chrono::floor<std::chrono::seconds>(age).count(); }

std::string shown(std::string_view identity) { return base::printable(identity, kMaxIdentityBytes); }

std::string table_of(const std::vector<std::vector<std::string>>& rows) {
  return fmt::format("{}\n", fmt::join(base::aligned(rows), "\n"));
}

/// Of the whole repository.
class Overview {
 public:
  Overview(const core::Catalog& catalog, core::Time now) : sources_(catalog.sources()), now_(now) {}

  /// Those that no PVC of the cluster claims.
  void mark(const std::vector<generator::Unclaimed>& unclaimed) {
    claims_known_ = true;
    for (const generator::Unclaimed& one : unclaimed) unclaimed_.insert(one.source.identity);
  }

  std::string text() const {
    if (sources_.empty()) return "The repository holds no complete snapshot.\n";
    std::vector<std::vector<std::string>> rows = {{"SOURCE", "SNAPSHOTS", "NEWEST", "AGE", "SIZE", "FILES", ""}};
    for (const core::Catalog::Source& source : sources_) {
      rows.push_back({shown(source.identity), std::to_string(source.snapshots), core::format_seconds(source.newest_end),
                      core::format_age(now_ - source.newest_end), core::format_size(source.newest_bytes),
                      std::to_string(source.newest_files), is_unclaimed(source) ? "no PVC claims it" : ""});
    }
    return table_of(rows);
  }

  Json::Value value() const {
    Json::Value items(Json::arrayValue);
    for (const core::Catalog::Source& source : sources_) {
      Json::Value item;
      item["identity"] = source.identity;
      item["snapshots"] = static_cast<Json::UInt64>(source.snapshots);
      item["newest"] = core::format_seconds(source.newest_end);
      item["ageSeconds"] = static_cast<Json::Int64>(seconds(now_ - source.newest_end));
      item["size"] = static_cast<Json::Int64>(source.newest_bytes);
      item["files"] = static_cast<Json::Int64>(source.newest_files);
      if (claims_known_) item["unclaimed"] = is_unclaimed(source);
      items.append(std::move(item));
    }
    Json::Value all;
    all["items"] = std::move(items);
    return all;
  }

 private:
  bool is_unclaimed(const core::Catalog::Source& source) const { return unclaimed_.contains(source.identity); }

  std::vector<core::Catalog::Source> sources_;
  core::Time now_;
  bool claims_known_ = false;
  std::unordered_set<std::string> unclaimed_;
};

/// Where there is a cluster to ask; what it cannot say is left out.
void mark_unclaimed(Overview& overview, Look& look_at) {
  const auto config = cluster_config(look_at.settings);
  if (!config || !look_at.settings.generator.enabled) return;
  try {
    const auto audit = audit_cluster(look_at, *config);
    if (audit.problem.empty()) return overview.mark(audit.unclaimed);
    look_at.log.warn("which of them no PVC claims is not known", {{"problem", audit.problem}});
  } catch (const std::runtime_error& e) {
    look_at.log.warn("which of them no PVC claims is not known", {{"problem", e.what()}});
  }
}

struct Kept {
  core::Identity identity;
  core::Snapshot snapshot;
  bool ambiguous = false;  ///< it could as well be another PVC's
};

/// Of every place where backups of the PVC may lie, newest first.
std::vector<Kept> backups_of(const core::PvcName& pvc, const core::Ownership& ownership, const core::Policy& policy,
                             const core::Catalog& catalog) {
  std::vector<Kept> all;
  for (const core::Candidate& place : core::candidates(policy, pvc, ownership)) {
    const bool ambiguous = core::is_ambiguous(place, catalog);
    for (core::Snapshot& snapshot : catalog.all(place.identity)) {
      all.push_back({place.identity, std::move(snapshot), ambiguous});
    }
  }
  std::ranges::stable_sort(all, std::greater{}, [](const Kept& kept) { return kept.snapshot.start; });
  return all;
}

std::string remark(const Kept& kept) {
  std::vector<std::string> words;
  if (kept.snapshot.failed > 0) words.push_back(fmt::format("{} entries unreadable", kept.snapshot.failed));
  if (kept.ambiguous) words.emplace_back("may be another PVC's");
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string text_of(const core::PvcName& pvc, const std::vector<Kept>& all, core::Time now) {
  if (all.empty()) return fmt::format("The repository holds no complete snapshot of {}.\n", to_string(pvc));
  std::vector<std::vector<std::string>> rows = {{"ID", "STARTED", "AGE", "SIZE", "FILES", "SOURCE", ""}};
  for (const Kept& kept : all) {
    const core::Snapshot& snapshot = kept.snapshot;
    // Whole, for restore-as-of: cut to the second it would name the one before.
    rows.push_back({shown(snapshot.id), shown(snapshot.start_time), core::format_age(now - snapshot.start),
                    core::format_size(snapshot.size_bytes), std::to_string(snapshot.files),
                    shown(to_string(kept.identity)), remark(kept)});
  }
  return table_of(rows);
}

Json::Value to_value(const core::PvcName& pvc, const std::vector<Kept>& all, core::Time now) {
  Json::Value value;
  value["namespace"] = pvc.ns;
  value["pvc"] = pvc.name;
  Json::Value& items = value["items"] = Json::arrayValue;
  for (const Kept& kept : all) {
    const core::Snapshot& snapshot = kept.snapshot;
    Json::Value item;
    item["id"] = snapshot.id;
    item["identity"] = to_string(kept.identity);
    item["startTime"] = snapshot.start_time;
    item["endTime"] = snapshot.end_time;
    item["ageSeconds"] = static_cast<Json::Int64>(seconds(now - snapshot.start));
    item["size"] = static_cast<Json::Int64>(snapshot.size_bytes);
    item["files"] = static_cast<Json::Int64>(snapshot.files);
    if (snapshot.failed > 0) item["failed"] = static_cast<Json::Int64>(snapshot.failed);
    if (kept.ambiguous) item["ambiguous"] = true;
    items.append(std::move(item));
  }
  return value;
}

/// What ReplicationSources and the memory say of its places, where there is a cluster to ask.
core::Ownership ownership_of(const core::PvcName& pvc, Look& look_at) {
  if (!cluster_config(look_at.settings)) return {};
  Newcomer asked = newcomer(pvc, look_at.settings, look_at.log);
  core::ClusterFacts& facts = asked.input.facts[pvc.ns];
  if (auto* known = std::get_if<core::Ownership>(&facts.ownership)) return std::move(*known);
  if (const auto* silent = std::get_if<core::NoAnswer>(&facts.ownership)) {
    look_at.log.warn("only the usual names are looked at", {{"problem", silent->reason}});
  }
  return std::move(facts.heard);
}

}  // namespace

int snapshots(const Settings& settings, const std::string& name, Output output) {
  const auto pvc = core::parse_pvc_name(name);
  if (!name.empty() && !pvc) throw SettingsError(fmt::format("snapshots: {:?} is not <namespace>/<pvc>", name));
  Look look_at(settings);
  const core::Evidence evidence = look_at.at_backups();
  const auto* current = std::get_if<core::Current>(&evidence.state);
  if (current == nullptr) {
    const auto* unknown = std::get_if<core::Unknown>(&evidence.state);
    throw std::runtime_error("the backups are not known: " +
                             (unknown != nullptr ? unknown->reason : "the listing is not of now"));
  }
  const core::Time now = base::utc_now();
  if (pvc) {
    const auto all = backups_of(*pvc, ownership_of(*pvc, look_at), settings.policy, *current->catalog);
    print(output == Output::Text ? text_of(*pvc, all, now) : render(to_value(*pvc, all, now), output));
    return kOk;
  }
  Overview overview(*current->catalog, now);
  mark_unclaimed(overview, look_at);
  print(output == Output::Text ? overview.text() : render(overview.value(), output));
  return kOk;
}

}  // namespace holdfast::cli
