// Rules 1 and 2, and mode strict: whose PVC it is.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

/// A PVC with the labels of the contract pvc-plumber-v4, which alone is on.
Case plumber() {
  Case c;
  c.policy.simple_contract = false;
  c.policy.plumber_contract = true;
  c.pvc().labels = {
      {"pvc-plumber.io/enabled", "true"}, {"pvc-plumber.io/manage-volsync", "true"}, {"pvc-plumber.io/tier", "hourly"}};
  return c;
}

Case exempt(std::string_view reason) {
  Case c;
  c.pvc().labels = {{"backup-exempt", "true"}};
  c.annotate(key::kBackupExemptReason, reason);
  return c;
}

Case unlabelled_in_strict() {
  Case c;
  c.policy.mode = Mode::Strict;
  c.pvc().labels.clear();
  return c;
}

}  // namespace

// Rule 1.

TEST_CASE("what does not create a PVC is not ours") {
  Case c;
  c.question.creates_pvc = false;
  CHECK(answer(c) == "pass NotCreate");
}

TEST_CASE("the system's namespaces are never touched, whatever the labels") {
  for (const char* ns : {"kube-system", "kube-public", "kube-node-lease", "volsync-system", "kyverno"}) {
    Case c;
    c.pvc().ns = ns;
    CHECK(answer(c) == "pass NamespaceExcluded");
  }
}

TEST_CASE("a namespace from the settings is excluded") {
  Case c;
  c.policy.excluded_namespaces.insert("media");
  CHECK(answer(c) == "pass NamespaceExcluded");
}

TEST_CASE("a PVC without a label of ours passes unchanged") {
  Case c;
  c.pvc().labels = {{"app", "x"}};
  CHECK(answer(c) == "pass NotOptedIn");
  CHECK(c.decide().warnings.empty());
}

TEST_CASE("both tiers opt in") {
  for (const char* tier : {"hourly", "daily"}) {
    Case c;
    c.label("backup", tier);
    CHECK(answer(c) == "fresh NoBackup");
    CHECK(c.decide().warnings.empty());
  }
}

TEST_CASE("any other tier is admitted with a warning that it protects nothing") {
  for (const char* tier : {"weekly", "", "Hourly", "true"}) {
    Case c;
    c.label("backup", tier);
    CHECK(answer(c) == "pass NotOptedIn");
    CHECK(warns(c.decide(), Code::UnknownTier));
    CHECK(contains(c.decide().warnings.at(0), "protects nothing"));
  }
}

TEST_CASE("a contract that is off opts nothing in") {
  Case simple, both = plumber();
  simple.policy.simple_contract = false;
  both.policy.plumber_contract = false;
  CHECK(answer(simple) == "pass NotOptedIn");
  CHECK(answer(both) == "pass NotOptedIn");
}

TEST_CASE("pvc-plumber-v4 asks for all three labels") {
  CHECK(answer(plumber()) == "fresh NoBackup");
  for (const char* label : {"pvc-plumber.io/enabled", "pvc-plumber.io/manage-volsync", "pvc-plumber.io/tier"}) {
    Case c = plumber();
    c.pvc().labels.erase(label);
    CHECK(answer(c) == "pass NotOptedIn");
  }
}

TEST_CASE("pvc-plumber-v4 warns of an unknown tier") {
  Case c = plumber();
  c.label("pvc-plumber.io/tier", "weekly");
  CHECK(answer(c) == "pass NotOptedIn");
  CHECK(warns(c.decide(), Code::UnknownTier));
}

TEST_CASE("labels of a contract that is off are warned of, with the setting") {
  Case c = plumber();
  c.policy.plumber_contract = false;
  c.policy.simple_contract = true;
  CHECK(answer(c) == "pass NotOptedIn");
  REQUIRE(warns(c.decide(), Code::UnknownContract));
  CHECK(contains(c.decide().warnings.front(), "of the contract pvc-plumber-v4, which the setting contracts"));
  c.label("backup", "daily");
  CHECK(answer(c) == "fresh NoBackup");
  CHECK_FALSE(warns(c.decide(), Code::UnknownContract));

  Case simple;
  simple.policy.simple_contract = false;
  simple.policy.plumber_contract = true;
  CHECK(answer(simple) == "pass NotOptedIn");
  CHECK(warns(simple.decide(), Code::UnknownContract));
  simple.label("backup", "velero");
  CHECK_FALSE(warns(simple.decide(), Code::UnknownContract));
}

TEST_CASE("pvc-plumber-v4 asks for the namespace label where it is known") {
  Case c = plumber();
  c.question.namespace_labels = StringMap{{"pvc-plumber.io/managed-namespace", "true"}};
  CHECK(answer(c) == "fresh NoBackup");
  c.question.namespace_labels = StringMap{};
  CHECK(answer(c) == "pass NotOptedIn");
}

TEST_CASE("the namespace's labels are asked for only where they decide") {
  const auto depends = [](const Case& c) { return depends_on_namespace(c.question, c.policy, kNow); };
  Case c = plumber();
  CHECK(depends(c));
  c.label("pvc-plumber.io/tier", "weekly");
  CHECK(depends(c));  // there is a warning of it in a managed namespace only
  c.question.namespace_labels = StringMap{};
  CHECK_FALSE(depends(c));
  c = plumber();
  c.label("pvc-plumber.io/manage-volsync", "false");
  CHECK_FALSE(depends(c));
  c = plumber();
  c.policy.simple_contract = true;
  c.label("backup", "daily");
  CHECK_FALSE(depends(c));
  c.label("backup", "weekly");
  CHECK(depends(c));
  c = unlabelled_in_strict();
  CHECK_FALSE(depends(c));
  c.policy.simple_contract = false;
  c.policy.plumber_contract = true;
  CHECK(depends(c));
}

TEST_CASE("both contracts may be on, and either opts in") {
  Case c = plumber();
  c.policy.simple_contract = true;
  CHECK(answer(c) == "fresh NoBackup");
  c.pvc().labels = {{"backup", "daily"}};
  CHECK(answer(c) == "fresh NoBackup");
}

// Mode strict.

TEST_CASE("strict refuses a PVC with neither a backup label nor an exemption") {
  const Case c = unlabelled_in_strict();
  CHECK(answer(c) == "refuse Unprotected");
  CHECK(contains(c.decide().message, "backup: daily"));
}

TEST_CASE("strict leaves excluded namespaces and exempted PVCs alone") {
  Case excluded = unlabelled_in_strict(), exempted = unlabelled_in_strict();
  excluded.pvc().ns = "kube-system";
  exempted.label("backup-exempt", "true");
  exempted.annotate(key::kBackupExemptReason, "cache");
  CHECK(answer(excluded) == "pass NamespaceExcluded");
  CHECK(answer(exempted) == "pass Exempt");
}

TEST_CASE("strict leaves a namespace alone that is not managed") {
  Case c = plumber();
  c.policy.mode = Mode::Strict;
  c.pvc().labels.clear();
  c.question.namespace_labels = StringMap{};
  CHECK(answer(c) == "pass NotOptedIn");
  c.question.namespace_labels.reset();
  CHECK(answer(c) == "refuse Unprotected");
}

TEST_CASE("strict never refuses the temporary PVCs of VolSync, CDI and other controllers") {
  Case volsync = unlabelled_in_strict(), prime = volsync, cdi = volsync, owned = volsync;
  volsync.label("app.kubernetes.io/created-by", "volsync");
  prime.pvc().name = "vs-prime-0f3c";
  cdi.label("app", "containerized-data-importer");
  owned.pvc().owners = {{"ReplicationSource", true}};
  for (const Case& c : {volsync, prime, cdi, owned}) CHECK(answer(c) == "pass NotOptedIn");
}

TEST_CASE("strict holds a StatefulSet's claim and a merely owned one to be the user's own") {
  Case claim = unlabelled_in_strict(), owned = claim;
  claim.pvc().owners = {{"StatefulSet", true}};
  owned.pvc().owners = {{"ConfigMap", false}};
  CHECK(answer(claim) == "refuse Unprotected");
  CHECK(answer(owned) == "refuse Unprotected");
}

// Rule 2.

TEST_CASE("an exemption with a reason passes, and needs no other label") {
  CHECK(answer(exempt("a cache")) == "pass Exempt");
}

TEST_CASE("an exemption wins over a backup label") {
  Case c = exempt("a cache");
  c.label("backup", "hourly");
  c.evidence = one_backup();
  CHECK(answer(c) == "pass Exempt");
}

TEST_CASE("an exemption without a reason is refused") {
  for (const char* blank : {"", "  ", "\t\r\n"}) CHECK(answer(exempt(blank)) == "refuse ExemptReasonMissing");
  Case none = exempt("");
  none.pvc().annotations.clear();
  CHECK(answer(none) == "refuse ExemptReasonMissing");
  CHECK(contains(none.decide().message, key::kBackupExemptReason));
}

TEST_CASE("the reason may stand in any annotation of the setting, and in no other") {
  Case c = exempt("");
  c.annotate("example.org/why", "a cache");
  CHECK(answer(c) == "refuse ExemptReasonMissing");
  c.policy.exempt_reason_annotations = {"example.org/why-not", "example.org/why"};
  CHECK(answer(c) == "pass Exempt");
  Case usual = exempt("a cache");
  usual.policy.exempt_reason_annotations = {"example.org/why"};
  CHECK(answer(usual) == "refuse ExemptReasonMissing");
  CHECK(contains(usual.decide().message, "`example.org/why`"));
}

TEST_CASE("only the value true exempts") {
  Case c = exempt("a cache");
  c.label("backup-exempt", "false");
  CHECK(answer(c) == "pass NotOptedIn");
}

TEST_CASE("a block volume is refused, because it can be neither backed up nor restored") {
  Case c;
  c.pvc().volume_mode = "Block";
  CHECK(answer(c) == "refuse UnsupportedVolumeMode");
  c.pvc().volume_mode = "Filesystem";
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("a volume bound by hand passes with a warning") {
  Case by_name, by_selector, by_class;
  by_name.pvc().volume_name = "pv-7";
  by_selector.pvc().has_selector = true;
  by_class.pvc().storage_class = "";
  for (Case* c : {&by_name, &by_selector, &by_class}) {
    c->evidence = one_backup();
    CHECK(answer(*c) == "pass StaticVolume");
    CHECK(warns(c->decide(), Code::StaticVolume));
  }
}

TEST_CASE("a named or an absent storage class is not bound by hand") {
  Case c;
  c.pvc().storage_class = "fast";
  CHECK(answer(c) == "fresh NoBackup");
  c.pvc().storage_class.reset();
  CHECK(answer(c) == "fresh NoBackup");
}
