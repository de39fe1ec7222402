// A Pass by which nothing is restored, of a PVC that has backups.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

Case skipping() {
  Case c;
  c.annotate(key::kSkipRestore, "true");
  c.annotate(key::kSkipRestoreReason, "fresh start wanted");
  return c;
}

std::vector<Case> passes() {
  Case tier, exempt, fixed, sourced, off;
  tier.label("backup", "weekly");
  exempt.pvc().labels = {{"backup-exempt", "true"}};
  exempt.annotate(key::kBackupExemptReason, "a cache");
  fixed.pvc().volume_name = "pv-1";
  sourced.pvc().data_source_ref = {"example.com", "Importer", "x", ""};
  off.policy.simple_contract = false;
  return {tier, exempt, fixed, sourced, off, skipping()};
}

}  // namespace

TEST_CASE("whatever passes although there is a backup says so and names the newest") {
  for (Case& c : passes()) {
    c.evidence =
        current({listed(kOwnSource, 1, "2026-02-27T02:00:00Z"), listed(kOwnSource, 2, "2026-02-28T02:00:00Z")});
    INFO(answer(c));
    const Verdict verdict = c.decide();
    CHECK(to_string(verdict.outcome) == "pass");
    REQUIRE(warns(verdict, Code::BackupsIgnored));
    CHECK(contains(verdict.warnings.back(), "snapshot " + snapshot_id(2) + " of 2026-02-28T02:00:00Z"));
    CHECK(verdict.warnings.back().size() <= 256);
  }
}

TEST_CASE("where there is no backup, or nothing is known, nothing is ignored") {
  for (Case& c : passes()) {
    for (const Evidence& evidence : {no_backups(), unknown(Unknown::Why::Unavailable)}) {
      c.evidence = evidence;
      CHECK_FALSE(warns(c.decide(), Code::BackupsIgnored));
    }
  }
}

TEST_CASE("backups of another repository than the pinned one are not counted as ignored") {
  Case c = skipping();
  c.evidence = one_backup();
  c.evidence.repository = repository(kOtherId);
  CHECK_FALSE(warns(c.decide(), Code::BackupsIgnored));
}

TEST_CASE("who asks for nothing ignores nothing") {
  Case unlabelled, excluded, nameless = skipping();
  unlabelled.pvc().labels.clear();
  excluded.pvc().ns = "kube-system";
  nameless.pvc().name.clear();
  for (Case* c : {&unlabelled, &excluded, &nameless}) {
    c->evidence = one_backup();
    CHECK_FALSE(warns(c->decide(), Code::BackupsIgnored));
  }
}
