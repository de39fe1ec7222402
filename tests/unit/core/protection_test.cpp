// What stands already: which PVCs are to be backed up, and the word for why not.
#include "holdfast/core/protection.hpp"
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

using Why = Protection::Why;

const StringMap kManaged = {{"pvc-plumber.io/managed-namespace", "true"}};

struct Standing {
  Pvc pvc;
  Policy policy;
  std::optional<StringMap> namespace_labels = StringMap{};

  Protection read() const { return protection(pvc, namespace_labels, policy); }
  Why why() const { return read().why; }
};

Standing simple(std::string_view tier) {
  Standing s;
  s.pvc.ns = "media";
  s.pvc.name = "data";
  s.pvc.labels = {{"backup", std::string(tier)}};
  return s;
}

/// Both contracts are on; the labels are pvc-plumber's.
Standing plumber() {
  Standing s = simple("daily");
  s.policy.plumber_contract = true;
  s.namespace_labels = kManaged;
  s.pvc.labels = {
      {"pvc-plumber.io/enabled", "true"}, {"pvc-plumber.io/manage-volsync", "true"}, {"pvc-plumber.io/tier", "hourly"}};
  return s;
}

}  // namespace

TEST_CASE("a tier label protects, with its tier") {
  CHECK(simple("hourly").read().protects());
  CHECK(simple("hourly").read().tier == Tier::Hourly);
  CHECK(simple("daily").read().tier == Tier::Daily);
}

TEST_CASE("the simple contract needs no word of the namespace") {
  Standing s = simple("daily");
  s.namespace_labels.reset();
  CHECK(s.read().protects());
}

TEST_CASE("no label, or another tier, protects nothing") {
  CHECK(simple("weekly").why() == Why::UnknownTier);
  CHECK(simple("").why() == Why::UnknownTier);
  Standing s = simple("daily");
  s.pvc.labels = {{"app", "x"}};
  CHECK(s.why() == Why::NotOptedIn);
}

TEST_CASE("a contract that is off protects nothing that stands") {
  Standing s = simple("daily"), p = plumber();
  s.policy.simple_contract = false;
  p.policy.plumber_contract = false;
  CHECK(s.why() == Why::ContractOff);
  CHECK(p.why() == Why::ContractOff);
  CHECK(to_string(Why::ContractOff) == "skipped-contract-off");
  s.pvc.labels["backup"] = "weekly";
  CHECK(s.why() == Why::NotOptedIn);
  s.pvc.labels = p.pvc.labels;
  s.namespace_labels = p.namespace_labels;
  s.policy.plumber_contract = true;
  CHECK(s.read().protects());
}

TEST_CASE("pvc-plumber-v4 protects with all of its labels, and names the one that is missing") {
  CHECK(plumber().read().protects());
  CHECK(plumber().read().tier == Tier::Hourly);
  const auto without = [](const char* label) {
    Standing s = plumber();
    s.pvc.labels.erase(label);
    return s.why();
  };
  CHECK(without("pvc-plumber.io/enabled") == Why::NotOptedIn);
  CHECK(without("pvc-plumber.io/manage-volsync") == Why::ManageNotSet);
  CHECK(without("pvc-plumber.io/tier") == Why::NotOptedIn);
  Standing weekly = plumber();
  weekly.pvc.labels["pvc-plumber.io/tier"] = "weekly";
  CHECK(weekly.why() == Why::UnknownTier);
}

TEST_CASE("a namespace that is not managed, or not known, is not written into") {
  Standing s = plumber();
  s.namespace_labels = StringMap{{"pvc-plumber.io/managed-namespace", "false"}};
  CHECK(s.why() == Why::NamespaceNotManaged);
  s.namespace_labels.reset();
  CHECK(s.why() == Why::NamespaceNotManaged);
}

TEST_CASE("of two contracts the one that protects counts") {
  Standing s = plumber();
  s.pvc.labels["backup"] = "weekly";
  CHECK(s.read().tier == Tier::Hourly);
  CHECK(s.read().protects());
  s.namespace_labels.reset();
  CHECK(s.why() == Why::UnknownTier);
  s.pvc.labels["backup"] = "daily";
  CHECK(s.read().protects());
  CHECK(s.read().tier == Tier::Daily);
}

TEST_CASE("an exemption with a reason takes the protection away") {
  Standing s = simple("daily");
  s.pvc.labels["backup-exempt"] = "true";
  s.pvc.annotations[std::string(key::kBackupExemptReason)] = "a cache";
  CHECK(s.why() == Why::Exempt);
}

TEST_CASE("an exemption without a reason is that, whatever else the PVC says") {
  Standing s = simple("weekly");
  s.pvc.labels["backup-exempt"] = "true";
  s.pvc.volume_mode = "Block";
  CHECK(s.why() == Why::ExemptReasonMissing);
  s.pvc.annotations[std::string(key::kBackupExemptReason)] = " \n";
  CHECK(s.why() == Why::ExemptReasonMissing);
  s.policy.excluded_namespaces.insert("media");
  CHECK(s.why() == Why::NamespaceExcluded);
}

TEST_CASE("excluded namespaces and block volumes are left alone") {
  Standing system = simple("daily"), block = system;
  system.pvc.ns = "kube-system";
  block.pvc.volume_mode = "Block";
  CHECK(system.why() == Why::NamespaceExcluded);
  CHECK(block.why() == Why::UnsupportedVolumeMode);
}

TEST_CASE("what admission would let in as wanting backups is protected once it stands, and nothing else") {
  for (const char* tier : {"hourly", "daily", "weekly", ""}) {
    for (const char* enabled : {"true", "false"}) {
      for (const bool managed : {false, true}) {
        Standing s = plumber();
        s.pvc.labels["backup"] = tier;
        s.pvc.labels["pvc-plumber.io/enabled"] = enabled;
        s.namespace_labels = managed ? kManaged : StringMap{};
        const Intent intent = read_intent({true, s.pvc, s.namespace_labels}, s.policy, kNow);
        CHECK(s.read().protects() == std::holds_alternative<WantsRestore>(intent));
      }
    }
  }
}

TEST_CASE("lists say why in one word each") {
  CHECK(to_string(Why::Protected) == "protected");
  CHECK(to_string(Why::Exempt) == "exempt");
  CHECK(to_string(Why::NotOptedIn) == "skipped-not-opted-in");
  CHECK(to_string(Why::ManageNotSet) == "skipped-not-opted-in");
  CHECK(to_string(Why::NamespaceNotManaged) == "skipped-namespace-not-managed");
  CHECK(to_string(Why::UnknownTier) == "skipped-unknown-tier");
  CHECK(to_string(Tier::Hourly) == "hourly");
}
