// What holds of every decision, whatever the object, the evidence, the cluster and the settings.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "holdfast/core/decide.hpp"

namespace {

using namespace holdfast::core;

const Time kNow = *parse_rfc3339("2026-03-01T12:00:00Z");
const Time kBeginning = *parse_rfc3339("2026-01-01T00:00:00Z");

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
bool sometimes(int n) { return number(0, n) == n - 1; }

std::string some_name() {
  return *one_of<std::string>({"data", "x", "x-backup", "x-backup-backup", "a", "b", "a-b", "b-c", "my.app.data",
                               "myapp.data", "myappdata", std::string(60, 'a'), std::string(61, 'a')});
}
std::string some_namespace() { return *one_of<std::string>({"media", "media", "a", "a-b"}); }
PvcName some_pvc_name() { return {some_namespace(), some_name()}; }

/// Anything a JSON document can hold, or something near to sense.
std::string some_text() {
  if (sometimes(3)) return *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'));
  return *one_of<std::string>({"", " ", "true", "false", "hourly", "daily", "weekly", "2026-02-01T00:00:00Z",
                               "2020-01-01T00:00:00Z", "x-backup@media:/data", "a/x", "t1: gone", "é…💾",
                               std::string(3000, 'y')});
}

std::vector<IdentityTemplate> some_templates() {
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

RepositoryId repository(char digit) { return *RepositoryId::parse(std::string(32, digit)); }

Policy some_policy() {
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

ObjectReference some_reference(const Pvc& pvc, const Policy& policy) {
  if (sometimes(2)) {
    return {std::string(kVolSyncGroup), std::string(kDestinationKind), destination_name(policy.naming, pvc.name), ""};
  }
  return {*one_of<std::string>({"", "example.com", "snapshot.storage.k8s.io"}),
          *one_of<std::string>({"", "PersistentVolumeClaim", "VolumeSnapshot", "Importer"}),
          *one_of<std::string>({"", "x"}), ""};
}

void some_annotations(StringMap& annotations) {
  for (const std::string_view key : {key::kBackupExemptReason, key::kSkipRestore, key::kSkipRestoreReason,
                                     key::kRestoreAsOf, key::kRestoreFrom, key::kRestoreIdentity, key::kAcceptVanished,
                                     key::kRestoredAsOf, key::kRestoredSnapshot, key::kRestoredSource}) {
    if (sometimes(40)) annotations[std::string(key)] = some_text();
  }
}

Question some_question(const Policy& policy) {
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
ListedSnapshot some_snapshot(const Policy& policy, const PvcName& pvc) {
  const std::vector<IdentityTemplate> templates = identity_templates(policy);
  ListedSnapshot snapshot;
  snapshot.source = (*rc::gen::elementOf(templates)).expand(sometimes(2) && !pvc.name.empty() ? pvc : some_pvc_name());
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

ClusterFacts some_cluster() {
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

Case some_case() {
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
  for (int count = sometimes(2) ? 0 : number<int>(1, 12); count > 0; --count) {
    c.listing.push_back(some_snapshot(c.policy, c.question.pvc.full_name()));
    RC_ASSERT(!builder.add(c.listing.back()));
  }
  c.evidence.state =
      Current{std::make_shared<const Catalog>(std::move(builder).build()), kNow - std::chrono::seconds{30}};
  return c;
}

/// Whether the listing holds a complete snapshot under one of the PVC's own places. Says nothing of how the code looks
/// it up: it goes through the listing.
bool has_backup(const Case& c) {
  const auto places = candidates(identity_templates(c.policy), c.question.pvc.full_name());
  for (const ListedSnapshot& snapshot : c.listing) {
    const bool complete = snapshot.has_root_entry && !snapshot.end_time.empty() && snapshot.incomplete.empty();
    for (const Candidate& place : places) {
      if (complete && place.identity == snapshot.source) return true;
    }
  }
  return false;
}

bool is_listed_complete(const Case& c, const Restore& restore) {
  for (const ListedSnapshot& s : c.listing) {
    const bool same =
        s.source == restore.source && s.id == restore.snapshot.id && s.start_time == restore.snapshot.start_time;
    if (same && s.has_root_entry && !s.end_time.empty() && s.incomplete.empty()) return true;
  }
  return false;
}

/// The last ten complete snapshots that are listed under this source, newest first.
std::vector<ListedSnapshot> last_ten(const Case& c, const Identity& source) {
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

bool warns_of_shrinking(const Verdict& verdict) {
  return std::any_of(verdict.warnings.begin(), verdict.warnings.end(),
                     [](const std::string& warning) { return warning.starts_with("BackupShrunk: "); });
}

/// rapidcheck runs a property 100 times; decisions are quick, so each run holds it against five cases.
template <class Property>
bool always(Property property) {
  return rc::check([&] {
    for (int i = 0; i < 5; ++i) property(some_case());
  });
}

template <class T>
bool is(const Verdict& verdict) {
  return std::holds_alternative<T>(verdict.outcome);
}

bool same(const Verdict& a, const Verdict& b) {
  return to_string(a.outcome) == to_string(b.outcome) && a.code == b.code && a.message == b.message &&
         a.warnings == b.warnings && a.evidence_at == b.evidence_at;
}

}  // namespace

TEST_CASE("no input makes a decision throw, and the same input gets the same answer") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = c.verdict();
    RC_ASSERT(same(verdict, c.verdict()));
  }));
}

TEST_CASE("the random cases reach every verdict") {
  std::map<std::string_view, int> seen;
  CHECK(always([&](const Case& c) { ++seen[to_string(c.verdict().outcome)]; }));
  for (const char* outcome : {"wait", "refuse", "pass", "fresh", "restore"}) {
    INFO(outcome << " " << seen[outcome]);
    CHECK(seen[outcome] > 0);
  }
}

TEST_CASE("a PVC with a complete backup never starts empty by itself") {
  CHECK(always([](const Case& c) {
    if (is<Fresh>(c.verdict())) RC_ASSERT(!has_backup(c));
  }));
}

TEST_CASE("a restore is only ever of a complete snapshot that is listed") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = c.verdict();
    if (is<Restore>(verdict)) RC_ASSERT(is_listed_complete(c, std::get<Restore>(verdict.outcome)));
  }));
}

TEST_CASE("a restore is never of a snapshot later than was asked for") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = c.verdict();
    const std::string* as_of = lookup(c.question.pvc.annotations, key::kRestoreAsOf);
    if (is<Restore>(verdict) && as_of) {
      RC_ASSERT(std::get<Restore>(verdict.outcome).snapshot.start <= parse_rfc3339(*as_of).value());
    }
  }));
}

TEST_CASE("a hollow backup is promised in place of a full one only where the settings say so, and with a warning") {
  int hollow = 0, refused = 0;
  CHECK(always([&](const Case& c) {
    const Verdict verdict = c.verdict();
    refused += verdict.code == Code::BackupShrunk ? 1 : 0;
    if (!is<Restore>(verdict) || c.question.pvc.annotations.contains(std::string(key::kRestoreAsOf))) return;
    const auto& restore = std::get<Restore>(verdict.outcome);
    const auto last = last_ten(c, restore.source);
    const bool any = std::any_of(last.begin(), last.end(), [](const ListedSnapshot& s) { return s.files > 0; });
    if (restore.snapshot.files > 0 || !any) return;
    ++hollow;
    RC_ASSERT(c.policy.shrink.empty != Severity::Deny);
    RC_ASSERT(warns_of_shrinking(verdict) == (c.policy.shrink.empty == Severity::Warn));
  }));
  CHECK(hollow > 0);
  CHECK(refused > 0);
}

TEST_CASE("a backup that has kept enough of its files is neither refused nor warned of") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = c.verdict();
    if (!is<Restore>(verdict) || !warns_of_shrinking(verdict)) return;
    const auto& restore = std::get<Restore>(verdict.outcome);
    std::int64_t most = 0;
    for (const ListedSnapshot& s : last_ten(c, restore.source)) most = std::max(most, s.files);
    RC_ASSERT(restore.snapshot.files < most);
    RC_ASSERT(restore.snapshot.files == 0 || restore.snapshot.files * 100 < most * c.policy.shrink.keep_percent);
  }));
}

TEST_CASE("where nothing is proven there is neither a restore nor an empty start") {
  CHECK(always([](Case c) {
    c.evidence.state = Unknown{};
    const Verdict verdict = c.verdict();
    RC_ASSERT(!is<Fresh>(verdict) && !is<Restore>(verdict));
  }));
}

TEST_CASE("another repository than the pinned one never leads to a restore or an empty start") {
  CHECK(always([](Case c) {
    c.policy.pin = repository('c');
    const Verdict verdict = c.verdict();
    RC_ASSERT(!is<Fresh>(verdict) && !is<Restore>(verdict));
  }));
}

TEST_CASE("evidence that nobody filled in gives a Wait, a Refuse or a Pass") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = decide(c.question, Evidence{}, ClusterFacts{}, c.policy, kNow);
    RC_ASSERT(!is<Fresh>(verdict) && !is<Restore>(verdict));
  }));
}

TEST_CASE("inputs that nobody filled in give a Wait or a Pass") {
  CHECK(is<Pass>(decide(Question{}, Evidence{}, ClusterFacts{}, Policy{}, kNow)));
  CHECK(is<Wait>(decide(Intent{WantsRestore{}}, Evidence{}, ClusterFacts{}, Policy{}, kNow)));
  CHECK(is<Wait>(decide(Intent{Settled{}}, Evidence{}, ClusterFacts{}, Policy{}, kNow)));
}

TEST_CASE("a denial is at most 1,024 bytes long and begins with our name and the code") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = c.verdict();
    if (!verdict.denies()) return;
    RC_ASSERT(verdict.message.size() <= kMaxMessageBytes);
    RC_ASSERT(verdict.message.starts_with("holdfast: " + std::string(to_string(verdict.code)) + ": "));
    RC_ASSERT(verdict.message.find("; checked ") != std::string::npos);
  }));
}

TEST_CASE("permissive and audit never deny, and audit never restores") {
  CHECK(always([](const Case& c) {
    const Verdict verdict = c.verdict();
    RC_ASSERT(!in_mode(verdict, Mode::Permissive).denies());
    const Verdict audited = in_mode(verdict, Mode::Audit);
    RC_ASSERT(!audited.denies() && !is<Restore>(audited));
  }));
}

TEST_CASE("what the mutating side promises, the validating side finds kept") {
  CHECK(always([](Case c) {
    take_promise(c.question.pvc, c.policy);
    const Verdict promised = c.verdict();
    if (!is<Restore>(promised)) return;
    const Restore& restore = std::get<Restore>(promised.outcome);
    const Promise promise{restore.snapshot.id, restore.snapshot.start_time, to_string(restore.source), true};
    RC_ASSERT(is<Restore>(check_promise(c.verdict(), promise, c.evidence, c.policy, kNow)));
  }));
}

TEST_CASE("the validating side lets no restore through without its reference") {
  CHECK(always([](Case c) {
    c.policy.mode = Mode::Enforce;
    Promise found = take_promise(c.question.pvc, c.policy);
    found.reference = false;
    RC_ASSERT(!is<Restore>(check_promise(c.verdict(), found, c.evidence, c.policy, kNow)));
  }));
}

TEST_CASE("two PVCs are never both sure of the same identity") {
  CHECK(rc::check([] {
    const PvcName one = some_pvc_name(), other = some_pvc_name();
    RC_PRE(one != other);
    const Policy policy = some_policy();
    for (const Candidate& a : candidates(identity_templates(policy), one)) {
      for (const Candidate& b : candidates(identity_templates(policy), other)) {
        RC_ASSERT(a.identity != b.identity || a.ambiguous || b.ambiguous);
      }
    }
  }));
}

TEST_CASE("no place is looked at twice, and the first is the first template's own") {
  CHECK(rc::check([] {
    const PvcName pvc = some_pvc_name();
    const auto templates = identity_templates(some_policy());
    const auto places = candidates(templates, pvc);
    RC_ASSERT(places.at(0).identity == templates.at(0).expand(pvc));
    for (std::size_t i = 0; i < places.size(); ++i) {
      for (std::size_t j = i + 1; j < places.size(); ++j) RC_ASSERT(places[i].identity != places[j].identity);
    }
  }));
}
