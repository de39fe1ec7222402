#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

TEST_CASE("settings print as they are written") {
  CHECK(to_string(Mode::Enforce) == "enforce");
  CHECK(to_string(Mode::Strict) == "strict");
  CHECK(to_string(Mode::Permissive) == "permissive");
  CHECK(to_string(Mode::Audit) == "audit");
  CHECK(to_string(Severity::Deny) == "deny");
  CHECK(to_string(Severity::Warn) == "warn");
  CHECK(to_string(Severity::Off) == "off");
  CHECK(to_string(Naming::LegacyBackup) == "legacy-backup");
  CHECK(to_string(Naming::V4) == "v4");
  CHECK(to_string(Webhook::Mutate) == "mutate");
  CHECK(to_string(Webhook::Validate) == "validate");
}

TEST_CASE("the naming strategy brings its own identity unless the settings name some") {
  Policy policy;
  CHECK(identity_templates(policy).at(0).text() == "{pvc}-backup@{namespace}:/data");
  policy.naming = Naming::V4;
  CHECK(identity_templates(policy).at(0).text() == "{pvc}@{namespace}:/data");
  policy.identities = {*IdentityTemplate::parse("{pvc}@{namespace}:/x")};
  CHECK(identity_templates(policy) == policy.identities);
}

TEST_CASE("the system's namespaces are excluded and nothing is pinned by default") {
  const Policy policy;
  CHECK(policy.excluded_namespaces == std::set<std::string, std::less<>>{"kube-node-lease", "kube-public",
                                                                         "kube-system", "kyverno", "volsync-system"});
  CHECK(std::holds_alternative<Unpinned>(policy.pin));
  CHECK(policy.mode == Mode::Enforce);
  CHECK(policy.fit == Severity::Deny);
}

TEST_CASE("the destination is named by the strategy") {
  CHECK(destination_name(Naming::LegacyBackup, "data") == "data-backup");
  CHECK(destination_name(Naming::V4, "data") == "data-dst");
}

TEST_CASE("a destination's name is never longer than the API server takes") {
  const std::string fits(246, 'a'), longer(247, 'a'), longest(253, 'a');
  CHECK(destination_name(Naming::LegacyBackup, fits) == fits + "-backup");
  CHECK(destination_name(Naming::LegacyBackup, longer).size() == 253);
  CHECK(destination_name(Naming::LegacyBackup, longest).size() == 253);
}

TEST_CASE("shortened names stay different, valid and the same every time") {
  const std::string a = std::string(60, 'a') + "-one", b = std::string(60, 'a') + "-two";
  CHECK(shortened(a, 64) == a);
  CHECK(shortened(a, 63) != shortened(b, 63));
  CHECK(shortened(a, 63) == shortened(a, 63));
  CHECK(shortened(a, 63).size() == 63);
  const std::string dotted = std::string(45, 'a') + "." + std::string(30, 'b');
  CHECK(parse_pvc_name("n/" + shortened(dotted, 63)));
}

TEST_CASE("the hash in a shortened name never changes between versions") {
  CHECK(shortened(std::string(64, 'a'), 63) == std::string(46, 'a') + "-db007849f35ebbe5");
}
