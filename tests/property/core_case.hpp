// A random case for a decision, with the listing that is the truth about it. Included by one property alone.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/core/decide.hpp"
#include "holdfast/core/mover_identity.hpp"

namespace holdfast::core::random {

inline const Time kNow = *parse_rfc3339("2026-03-01T12:00:00Z");
inline const Time kBeginning = *parse_rfc3339("2026-01-01T00:00:00Z");

/// Few values, so that the parts of a case meet often.
template <class T>
rc::Gen<T> one_of(std::vector<T> values) {
  return rc::gen::elementOf(std::move(values));
}

/// From `low` to below `high`, at every size of test alike.
template <class T>
T number(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

/// True once in `n` times; a failing case shrinks towards false, which is the ordinary.
inline bool sometimes(int n) { return number(0, n) == n - 1; }

inline std::string some_name() {
  return *one_of<std::string>({"data", "x", "x-backup", "x-backup-backup", "a", "b", "a-b", "b-c", "my.app.data",
                               "myapp.data", "myappdata", std::string(60, 'a'), std::string(61, 'a')});
}
inline std::string some_namespace() { return *one_of<std::string>({"media", "media", "a", "a-b"}); }
inline PvcName some_pvc_name() { return {some_namespace(), some_name()}; }

/// Anything a JSON document can hold, or something near to sense.
inline std::string some_text() {
  if (sometimes(3)) return *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'));
  return *one_of<std::string>({"", " ", "true", "false", "hourly", "daily", "weekly", "2026-02-01T00:00:00Z",
                               "2020-01-01T00:00:00Z", "x-backup@media:/data", "a/x", "t1: gone", "é…💾",
                               std::string(3000, 'y')});
}

inline std::vector<IdentityTemplate> some_templates() {
  const std::vector<std::string> known = {"{pvc}-backup@{namespace}:/data", "{pvc}@{namespace}:/data",
                                          "{namespace}-{pvc}@host:/data", "{namespace}{pvc}@host:/data",
                                          "root@host:/{namespace}/{pvc}"};
  std::vector<IdentityTemplate> templates;
  for (const std::string& text : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(known))) {
    templates.push_back(*IdentityTemplate::parse(text));
    if (templates.size() == 3) break;
  }
  return templates;
}

inline RepositoryId repository(char digit) { return *RepositoryId::parse(std::string(32, digit)); }

inline Policy some_policy() {
  Policy policy;
  policy.mode = *one_of<Mode>({Mode::Enforce, Mode::Strict, Mode::Permissive, Mode::Audit});
  policy.simple_contract = !sometimes(12);
  policy.plumber_contract = sometimes(2);
  policy.fit = *one_of<Severity>({Severity::Deny, Severity::Warn, Severity::Off});
  policy.shrink.empty = *one_of<Severity>({Severity::Deny, Severity::Warn, Severity::Off});
  policy.shrink.shrunk = *one_of<Severity>({Severity::Deny, Severity::Warn, Severity::Off});
  policy.shrink.keep_percent = number<int>(0, 101);
  policy.naming = *one_of<Naming>({Naming::LegacyBackup, Naming::V4});
  policy.identities = some_templates();
  policy.pin = *one_of<Pin>({Unpinned{}, repository('a'), repository('a'), NoRepositoryId{}});
  if (sometimes(2)) policy.restore_from = {{{"a", "x"}, {"media", "data"}}};
  return policy;
}

inline ObjectReference some_reference(const Pvc& pvc, const Policy& policy) {
  if (sometimes(2)) {
    return {std::string(kVolSyncGroup), std::string(kDestinationKind), destination_name(policy.naming, pvc.name), ""};
  }
  return {*one_of<std::string>({"", "example.com", "snapshot.storage.k8s.io"}),
          *one_of<std::string>({"", "PersistentVolumeClaim", "VolumeSnapshot", "Importer"}),
          *one_of<std::string>({"", "x"}), ""};
}

inline void some_annotations(StringMap& annotations) {
  for (const std::string_view key : {key::kBackupExemptReason, key::kSkipRestore, key::kSkipRestoreReason,
                                     key::kRestoreAsOf, key::kRestoreFrom, key::kRestoreIdentity, key::kAcceptVanished,
                                     key::kRestoredAsOf, key::kRestoredSnapshot, key::kRestoredSource}) {
    if (sometimes(40)) annotations[std::string(key)] = some_text();
  }
}

inline Question some_question(const Policy& policy) {
  Question question;
  question.creates_pvc = !sometimes(20);
  Pvc& pvc = question.pvc;
  pvc.ns = sometimes(20) ? "kube-system" : some_namespace();
  pvc.name = sometimes(20) ? "" : some_name();
  if (!sometimes(16))
    pvc.labels["backup"] = *one_of<std::string>({"hourly", "hourly", "hourly", "daily", "daily", "daily", "weekly"});
  for (const std::string_view key : {key::kPlumberEnabled, key::kPlumberManage, key::kBackupExempt}) {
    if (sometimes(30)) pvc.labels[std::string(key)] = "true";
  }
  some_annotations(pvc.annotations);
  if (sometimes(20)) pvc.volume_mode = "Block";
  if (sometimes(20)) pvc.volume_name = "pv";
  if (sometimes(2)) pvc.requested_bytes = number<std::int64_t>(0, 2000);
  if (sometimes(12)) pvc.data_source_ref = some_reference(pvc, policy);
  if (sometimes(16)) pvc.data_source = some_reference(pvc, policy);
  if (sometimes(4)) question.namespace_labels = StringMap{{std::string(key::kPlumberNamespace), some_text()}};
  return question;
}

/// A snapshot, complete or not, that is likely to lie where a PVC's backups are looked for: often this PVC's.
inline ListedSnapshot some_snapshot(const Policy& policy, const PvcName& pvc) {
  const std::vector<IdentityTemplate> templates = identity_templates(policy);
  ListedSnapshot snapshot;
  snapshot.source = (*rc::gen::elementOf(templates)).expand(sometimes(2) && !pvc.name.empty() ? pvc : some_pvc_name());
  if (sometimes(20)) snapshot.source.user += "-backup";
  if (sometimes(20)) snapshot.source.path = "/srv";
  if (sometimes(4)) snapshot.source.user = fork_user_name(snapshot.source.user);
  snapshot.id = std::to_string(number<int>(0, 1'000'000));
  const Time start = kBeginning + std::chrono::hours{number<int>(0, 1400)};
  snapshot.start_time = format_nanoseconds(start);
  snapshot.end_time = sometimes(6) ? "" : format_nanoseconds(start + std::chrono::minutes{1});
  snapshot.incomplete = sometimes(6) ? "checkpoint" : "";
  snapshot.has_root_entry = !sometimes(6);
  snapshot.size_bytes = number<std::int64_t>(0, 2000);
  snapshot.files = sometimes(3) ? 0 : number<std::int64_t>(0, 200);
  snapshot.failed = number<std::int64_t>(0, 2);
  return snapshot;
}

/// One whole case. The listing is kept beside the catalog: it is the truth that verdicts are held against.
struct Case {
  Policy policy;
  Question question;
  std::vector<ListedSnapshot> listing;
  Evidence evidence;
  ClusterFacts cluster;

  Verdict verdict() const { return decide(question, evidence, cluster, policy, kNow); }
};

/// Two backups of this PVC where it is looked for first, the newer of them without a file.
inline std::vector<ListedSnapshot> some_hollow(const Policy& policy, const PvcName& pvc) {
  std::vector<ListedSnapshot> two(2, some_snapshot(policy, pvc));
  for (ListedSnapshot& one : two) {
    one.source = identity_templates(policy).front().expand(pvc);
    one.incomplete.clear();
    one.has_root_entry = true;
    one.size_bytes = 0;
  }
  two[0].id += "-full";
  two[0].start_time = two[0].end_time = "2025-12-01T00:00:00Z";
  two[0].files = 100;
  two[1].end_time = two[1].start_time;
  two[1].files = 0;
  return two;
}

inline ClusterFacts some_cluster() {
  ClusterFacts facts;
  using Owner = Destination::Owner;
  if (sometimes(2))
    facts.destination =
        Destination{*one_of<Owner>({Owner::Absent, Owner::Ours, Owner::Adoptable, Owner::Foreign}), sometimes(4)};
  if (sometimes(16)) facts.destination = NoAnswer{some_text()};
  if (sometimes(2)) facts.backup = BackupActivity{sometimes(4), std::nullopt, some_text()};
  if (sometimes(8)) facts.backup = BackupActivity{false, kNow - std::chrono::seconds{number<int>(0, 60)}, "it"};
  if (sometimes(16)) facts.backup = NoAnswer{some_text()};
  if (sometimes(8)) facts.tombstone = std::optional<Tombstone>{{"t1", some_text(), std::nullopt}};
  if (sometimes(16)) facts.tombstone = NoAnswer{some_text()};
  return facts;
}

/// About snapshots that are listed, for the most part.
inline Ownership some_ownership(const Case& c) {
  Ownership said;
  OwnerTable remembered;
  for (int count = sometimes(2) ? 0 : number<int>(1, 4); count > 0 && !c.listing.empty(); --count) {
    const Identity about = (*rc::gen::elementOf(c.listing)).source;
    const PvcName pvc = sometimes(2) ? c.question.pvc.full_name() : some_pvc_name();
    if (sometimes(2))
      said.source_says(about, pvc);
    else
      remembered.add(about, pvc);
  }
  if (sometimes(3)) said.knows(some_pvc_name());
  said.add(std::make_shared<const OwnerTable>(std::move(remembered)));
  return said;
}

inline Case some_case() {
  Case c;
  c.policy = some_policy();
  c.question = some_question(c.policy);
  c.evidence.place = some_text();
  c.evidence.checked_at = kNow;
  if (!sometimes(6)) c.evidence.repository = repository(sometimes(8) ? 'b' : 'a');
  c.cluster = some_cluster();
  if (sometimes(6)) {
    c.evidence.state =
        Unknown{*one_of<Unknown::Why>({Unknown::Why::Unavailable, Unknown::Why::Refreshing}), some_text()};
    return c;
  }
  Catalog::Builder builder;
  if (sometimes(8) && !c.question.pvc.name.empty()) c.listing = some_hollow(c.policy, c.question.pvc.full_name());
  for (int count = sometimes(2) ? 0 : number<int>(1, 12); count > 0; --count) {
    c.listing.push_back(some_snapshot(c.policy, c.question.pvc.full_name()));
  }
  for (const ListedSnapshot& one : c.listing) RC_ASSERT(!builder.add(one));
  if (sometimes(3)) c.cluster.ownership = some_ownership(c);
  if (sometimes(16)) c.cluster.ownership = NoAnswer{some_text()};
  c.evidence.state =
      Current{std::make_shared<const Catalog>(std::move(builder).build()), kNow - std::chrono::seconds{30}};
  return c;
}

/// Whether the listing holds a complete snapshot that could be this PVC's: under a template in force, or in its
/// namespace under its name or that of either naming, spelled as it is or as VolSync spells it, whatever the path; and
/// which nobody says to be another's. Says nothing of how the code looks it up: it goes through the listing.
inline bool has_backup(const Case& c) {
  const PvcName pvc = c.question.pvc.full_name();
  const auto* said = std::get_if<Ownership>(&c.cluster.ownership);
  std::vector<std::string> users = {pvc.name, pvc.name + "-backup"};
  for (std::size_t i = 0; i < 2; ++i) users.push_back(fork_user_name(users[i]));
  return std::any_of(c.listing.begin(), c.listing.end(), [&](const ListedSnapshot& s) {
    if (!s.has_root_entry || s.end_time.empty() || !s.incomplete.empty()) return false;
    if (said != nullptr && said->whose(s.source, pvc) == Whose::Anothers) return false;
    if (s.source.host == pvc.ns && std::find(users.begin(), users.end(), s.source.user) != users.end()) return true;
    const auto templates = identity_templates(c.policy);
    return std::any_of(templates.begin(), templates.end(), [&](const auto& t) { return t.expand(pvc) == s.source; });
  });
}

inline bool is_listed_complete(const Case& c, const Restore& restore) {
  for (const ListedSnapshot& s : c.listing) {
    const bool same =
        s.source == restore.source && s.id == restore.snapshot.id && s.start_time == restore.snapshot.start_time;
    if (same && s.has_root_entry && !s.end_time.empty() && s.incomplete.empty()) return true;
  }
  return false;
}

/// The last ten complete snapshots that are listed under this source, newest first.
inline std::vector<ListedSnapshot> last_ten(const Case& c, const Identity& source) {
  std::vector<ListedSnapshot> last;
  for (const ListedSnapshot& s : c.listing) {
    if (s.source == source && is_complete(s)) last.push_back(s);
  }
  std::stable_sort(last.begin(), last.end(), [](const ListedSnapshot& a, const ListedSnapshot& b) {
    return parse_rfc3339(a.start_time).value() > parse_rfc3339(b.start_time).value();
  });
  if (last.size() > 10) last.resize(10);
  return last;
}

inline bool warns_of_shrinking(const Verdict& verdict) {
  return std::any_of(verdict.warnings.begin(), verdict.warnings.end(),
                     [](const std::string& warning) { return warning.starts_with("BackupShrunk: "); });
}

}  // namespace holdfast::core::random
