// What holds of every decision, whatever the object, the evidence, the cluster and the settings.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/property/core_case.hpp"

namespace {

using namespace holdfast::core;
using namespace holdfast::core::random;

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

TEST_CASE("of what was read before the repository went on, nothing but a restore is told, and the same as of a proof") {
  int restores = 0;
  CHECK(always([&](Case c) {
    const auto* current = std::get_if<Current>(&c.evidence.state);
    if (current == nullptr) return;
    const Verdict proven = c.verdict();
    c.evidence.state = Earlier{*current};
    const Verdict verdict = c.verdict();
    RC_ASSERT(!is<Fresh>(verdict));
    if (is<Restore>(verdict)) RC_ASSERT(same(verdict, proven));
    if (is<Restore>(proven)) RC_ASSERT(is<Restore>(verdict));
    restores += is<Restore>(verdict) ? 1 : 0;
  }));
  CHECK(restores > 0);
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

TEST_CASE("where nobody has set templates, two PVCs are never both sure of the same identity") {
  CHECK(rc::check([] {
    const PvcName one = some_pvc_name(), other = some_pvc_name();
    RC_PRE(one != other);
    Policy policy = some_policy();
    policy.identities.clear();
    for (const Candidate& a : candidates(policy, one)) {
      for (const Candidate& b : candidates(policy, other)) {
        RC_ASSERT(a.identity != b.identity || a.ambiguous || b.ambiguous);
      }
    }
  }));
}

TEST_CASE("no place is looked at twice, and the first is the first template's own") {
  CHECK(rc::check([] {
    const PvcName pvc = some_pvc_name();
    const Policy policy = some_policy();
    const auto places = candidates(policy, pvc);
    RC_ASSERT(places.at(0).identity == identity_templates(policy).at(0).expand(pvc));
    for (std::size_t i = 0; i < places.size(); ++i) {
      for (std::size_t j = i + 1; j < places.size(); ++j) RC_ASSERT(places[i].identity != places[j].identity);
    }
  }));
}
