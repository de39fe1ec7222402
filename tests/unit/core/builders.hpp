// Short ways to say the inputs of a decision. The defaults are a labelled PVC `media/data`, a pinned repository that is
// provably current, and a cluster that answers "nothing there": the verdict of that is Fresh.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/core/decide.hpp"

namespace holdfast::core::test {

inline Time at(std::string_view rfc3339) { return parse_rfc3339(rfc3339).value(); }

inline const Time kNow = Time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}} + std::chrono::hours{12};
inline const Time kChecked = kNow - std::chrono::seconds{1};

inline constexpr std::string_view kOurId = "00112233445566778899aabbccddeeff";
inline constexpr std::string_view kOtherId = "ffeeddccbbaa99887766554433221100";

inline RepositoryId repository(std::string_view hex) { return RepositoryId::parse(hex).value(); }

/// A kopia-like id: 32 hex digits that end in `number`.
inline std::string snapshot_id(unsigned number) {
  std::string digits = std::to_string(number);
  return std::string(32 - digits.size(), '0') + digits;
}

inline Identity identity(std::string_view text) { return parse_identity(text).value(); }

/// The memory, or a watch, that says one thing.
inline std::shared_ptr<const OwnerTable> witness(const Identity& identity, const PvcName& pvc) {
  OwnerTable table;
  table.add(identity, pvc);
  return std::make_shared<const OwnerTable>(std::move(table));
}

/// A complete snapshot of 1,000 bytes that took five seconds.
inline ListedSnapshot listed(std::string_view source, unsigned number, std::string_view start) {
  ListedSnapshot snapshot;
  snapshot.source = identity(source);
  snapshot.id = snapshot_id(number);
  snapshot.start_time = start;
  snapshot.end_time = format_nanoseconds(at(start) + std::chrono::seconds{5});
  snapshot.has_root_entry = true;
  snapshot.size_bytes = 1000;
  snapshot.files = 10;
  return snapshot;
}

inline Catalog catalog(const std::vector<ListedSnapshot>& snapshots) {
  Catalog::Builder builder;
  for (const ListedSnapshot& snapshot : snapshots) REQUIRE(builder.add(snapshot) == std::nullopt);
  return std::move(builder).build();
}

inline Evidence current(const std::vector<ListedSnapshot>& snapshots) {
  Evidence evidence;
  evidence.state = Current{std::make_shared<const Catalog>(catalog(snapshots)), kChecked};
  evidence.repository = repository(kOurId);
  evidence.place = "/repository";
  evidence.checked_at = kChecked;
  return evidence;
}

inline Evidence unknown(Unknown::Why why) {
  Evidence evidence;
  evidence.state = Unknown{why, "the mount does not answer"};
  evidence.place = "/repository";
  evidence.checked_at = kChecked;
  return evidence;
}

inline constexpr std::string_view kOwnSource = "data-backup@media:/data";

/// The repository holds one backup of `media/data`.
inline Evidence one_backup() { return current({listed(kOwnSource, 1, "2026-02-28T02:00:00Z")}); }
inline Evidence no_backups() { return current({}); }

inline ClusterFacts quiet_cluster() { return {Destination{}, BackupActivity{}, std::optional<Tombstone>{}}; }

/// Everything one decision needs; tests change a field or two and judge.
struct Case {
  Case() {
    question.pvc.ns = "media";
    question.pvc.name = "data";
    question.pvc.labels = {{"backup", "daily"}};
    policy.pin = repository(kOurId);
  }

  Verdict decide() const { return core::decide(question, evidence, cluster, policy, kNow); }

  Pvc& pvc() { return question.pvc; }
  void annotate(std::string_view key, std::string_view value) { question.pvc.annotations[std::string(key)] = value; }
  void label(std::string_view key, std::string_view value) { question.pvc.labels[std::string(key)] = value; }
  /// spec.dataSourceRef as the webhook, or a person with the manifest of a restored PVC, writes it.
  void refer_to_own_destination() {
    question.pvc.data_source_ref = {std::string(kVolSyncGroup), std::string(kDestinationKind), "data-backup", ""};
  }

  Question question;
  Evidence evidence = no_backups();
  ClusterFacts cluster = quiet_cluster();
  Policy policy;
};

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

inline bool warns(const Verdict& verdict, Code code) {
  const std::string prefix = std::string(to_string(code)) + ": ";
  for (const std::string& warning : verdict.warnings) {
    if (warning.starts_with(prefix)) return true;
  }
  return false;
}

/// "wait IndexUnavailable": one value to compare, readable when a test fails.
inline std::string answer(const Verdict& verdict) {
  return std::string(to_string(verdict.outcome)) + " " + std::string(to_string(verdict.code));
}
inline std::string answer(const Case& c) { return answer(c.decide()); }

}  // namespace holdfast::core::test
