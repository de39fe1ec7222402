#include "holdfast/core/candidates.hpp"

#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

constexpr std::string_view kByLegacy = "{pvc}-backup@{namespace}:/data";
constexpr std::string_view kByV4 = "{pvc}@{namespace}:/data";
constexpr std::string_view kEarly = "2026-01-01T00:00:00Z", kLate = "2026-02-28T02:00:00Z";
const PvcName kPvc{"media", "data"}, kNamesake{"media", "data-backup"};

Policy by_naming(Naming naming) {
  Policy policy;
  policy.naming = naming;
  return policy;
}

Policy by_hand(std::initializer_list<std::string_view> texts) {
  Policy policy;
  for (const std::string_view text : texts) policy.identities.push_back(IdentityTemplate::parse(text).value());
  return policy;
}

/// "a@b:/c, d@e:/f?": the candidates in their order, the ambiguous ones with a question mark.
std::string places(const Policy& policy, const PvcName& pvc, const Ownership& ownership = {}) {
  std::string result;
  for (const Candidate& candidate : candidates(policy, pvc, ownership)) {
    result += (result.empty() ? "" : ", ") + to_string(candidate.identity) + (candidate.ambiguous ? "?" : "");
  }
  return result;
}

/// Where its backups are: "nowhere", "a@b:/c", "a@b:/c?" where they could be another's, "a@b:/c < d@e:/f" with newer
/// ones.
std::string located(const Policy& policy, const PvcName& pvc, const std::vector<ListedSnapshot>& snapshots,
                    const Ownership& ownership = {}) {
  const auto found = locate(candidates(policy, pvc, ownership), catalog(snapshots));
  if (!found) return "nowhere";
  const std::string newer = found->newer ? " < " + to_string(*found->newer) : "";
  return to_string(found->identity) + (found->ambiguous ? "?" : "") + newer;
}

std::string other_name(const PvcName& pvc, const std::vector<ListedSnapshot>& snapshots,
                       const Ownership& ownership = {}) {
  const auto found = under_other_name(pvc, candidates({}, pvc, ownership), ownership, catalog(snapshots));
  return found ? to_string(*found) : "none";
}

}  // namespace

TEST_CASE("backups are looked for under the naming in force, then under the other one") {
  CHECK(places(by_naming(Naming::LegacyBackup), kPvc) == "data-backup@media:/data, data@media:/data");
  CHECK(places(by_naming(Naming::V4), kPvc) == "data@media:/data, data-backup@media:/data?");
}

TEST_CASE("templates set by hand come first, in their order, and are the PVC's own") {
  CHECK(places(by_hand({kByLegacy, kByV4}), kPvc) == "data-backup@media:/data, data@media:/data");
  CHECK(places(by_hand({kByV4, kByLegacy}), kPvc) == "data@media:/data, data-backup@media:/data");
  CHECK(places(by_hand({"{pvc}@{namespace}:/a", "{pvc}@{namespace}:/b"}), {"m", "x.y"}) ==
        "x.y@m:/a, x.y@m:/b, x.y-backup@m:/data, x.y@m:/data, xy@m:/a?, xy@m:/b?, xy-backup@m:/data?, xy@m:/data?");
}

TEST_CASE("VolSync's spellings come last and are never sure") {
  CHECK(places({}, {"media", "my.app.data"}) ==
        "my.app.data-backup@media:/data, my.app.data@media:/data, myappdata-backup@media:/data?, "
        "myappdata@media:/data?");
  const std::string name(60, 'a'), cut(50, 'a');
  CHECK(places({}, {"media", name}) ==
        name + "-backup@media:/data, " + name + "@media:/data, " + cut + "@media:/data?");
}

TEST_CASE("what the first template gives another PVC is not sure under a later one") {
  CHECK(places({}, kNamesake) == "data-backup-backup@media:/data, data-backup@media:/data?");
}

TEST_CASE("a template with several readings is ambiguous where another reading is a valid name") {
  const Policy joined = by_hand({"{namespace}-{pvc}@host:/data"});
  CHECK(places(joined, {"a", "b"}).starts_with("a-b@host:/data, "));
  CHECK(places(joined, {"a", "b-c"}).starts_with("a-b-c@host:/data?, "));
  CHECK(places(joined, {"a-b", "c"}).starts_with("a-b-c@host:/data?, "));
  // A namespace holds no dot: "a.b" can only be the PVC's.
  CHECK(places(by_hand({"{namespace}{pvc}@host:/data"}), {"a", ".b"}).starts_with("a.b@host:/data, "));
}

TEST_CASE("a name that stands twice must read the same twice") {
  CHECK(places(by_hand({"{namespace}-{pvc}@{namespace}:/data"}), {"a", "b-c"}).starts_with("a-b-c@a:/data, "));
  CHECK(places(by_hand({"{pvc}-{pvc}@{namespace}:/data"}), {"m", "x-x"}).starts_with("x-x-x-x@m:/data, "));
}

TEST_CASE("what a source says of a PVC is a place of its own, where the host is the namespace") {
  Ownership ownership;
  ownership.source_says(identity("by-hand@media:/srv"), kPvc);
  ownership.source_says(identity("by-hand@elsewhere:/srv"), kPvc);
  ownership.add(witness(identity("long-ago@media:/data"), kPvc));
  CHECK(places({}, kPvc, ownership) ==
        "data-backup@media:/data, data@media:/data, by-hand@media:/srv, long-ago@media:/data");
}

TEST_CASE("another PVC's identity is no place, and its own is sure") {
  Ownership ownership;
  ownership.source_says(identity("data-backup@media:/data"), kNamesake);
  CHECK(places(by_naming(Naming::V4), kPvc, ownership) == "data@media:/data");
  CHECK(places(by_naming(Naming::LegacyBackup), kPvc, ownership) == "data@media:/data");
  CHECK(places(by_naming(Naming::LegacyBackup), kNamesake, ownership) ==
        "data-backup-backup@media:/data, data-backup@media:/data");
  ownership.add(witness(identity("data@media:/data"), kNamesake));
  CHECK(places({}, kPvc, ownership).empty());
}

TEST_CASE("where a source and the memory do not agree nothing is sure") {
  Ownership ownership;
  ownership.source_says(identity("data-backup@media:/data"), kPvc);
  CHECK(ownership.whose(identity("data-backup@media:/data"), kPvc) == Whose::Own);
  ownership.add(witness(identity("data-backup@media:/data"), kNamesake));
  CHECK(ownership.whose(identity("data-backup@media:/data"), kPvc) == Whose::Disputed);
  CHECK(ownership.whose(identity("data-backup@media:/data"), {"media", "x"}) == Whose::Anothers);
  CHECK(ownership.whose(identity("data@media:/data"), kPvc) == Whose::Unsaid);
  CHECK(places({}, kPvc, ownership) == "data-backup@media:/data?, data@media:/data");
}

TEST_CASE("a plain name is not sure where a PVC is known whose spelling it is") {
  Ownership ownership;
  CHECK(places({}, {"media", "myappdata"}, ownership) == "myappdata-backup@media:/data, myappdata@media:/data");
  ownership.knows({"elsewhere", "my.app.data"});
  CHECK(places({}, {"media", "myappdata"}, ownership) == "myappdata-backup@media:/data, myappdata@media:/data");
  ownership.knows({"media", "my.app.data"});
  CHECK(places({}, {"media", "myappdata"}, ownership) == "myappdata-backup@media:/data?, myappdata@media:/data?");
  ownership.source_says(identity("myappdata-backup@media:/data"), {"media", "myappdata"});
  CHECK(places({}, {"media", "myappdata"}, ownership) == "myappdata-backup@media:/data, myappdata@media:/data?");
}

TEST_CASE("spellings that were worked out for all say the same, and no more than is known by then") {
  const auto with = [](std::initializer_list<PvcName> known) {
    Ownership ownership;
    for (const PvcName& pvc : known) ownership.knows(pvc);
    ownership.spell(every_template({}));
    return ownership;
  };
  const PvcName plain{"media", "myappdata"}, dotted{"media", "my.app.data"};
  const std::string sure = "myappdata-backup@media:/data, myappdata@media:/data";
  const std::string unsure = "myappdata-backup@media:/data?, myappdata@media:/data?";
  CHECK(places({}, plain, with({plain, {"elsewhere", "my.app.data"}})) == sure);
  CHECK(places({}, plain, with({plain, dotted})) == unsure);
  Ownership more = with({plain});
  more.knows(dotted);
  CHECK(places({}, plain, more) == unsure);
  const PvcName twice{"media", "my.appdata"};
  CHECK(places({}, dotted, with({dotted})) == places({}, dotted));
  CHECK(places({}, dotted, with({dotted, twice})) == places({}, dotted, with({twice})));
}

TEST_CASE("the naming's own name is not sure where the other naming is in use for a PVC of that name") {
  const std::vector<ListedSnapshot> own = {listed("data-backup@media:/data", 1, kLate)};
  CHECK(located({}, kPvc, own) == "data-backup@media:/data");
  // Under the other naming this one would be data's, and data-backup's the first.
  const auto both = {listed("data-backup@media:/data", 1, kLate), listed("data@media:/data", 2, kEarly)};
  CHECK(located({}, kPvc, both) == "data-backup@media:/data?");
  CHECK(located(by_hand({kByLegacy, kByV4}), kPvc, both) == "data-backup@media:/data");
  Ownership exists;
  exists.knows(kNamesake);
  CHECK(located({}, kPvc, own, exists) == "data-backup@media:/data?");
  const auto its_own = {listed("data-backup@media:/data", 1, kLate),
                        listed("data-backup-backup@media:/data", 2, kLate)};
  CHECK(located({}, kPvc, its_own, exists) == "data-backup@media:/data");
  exists.source_says(identity("data-backup@media:/data"), kPvc);
  CHECK(located({}, kPvc, own, exists) == "data-backup@media:/data");
}

TEST_CASE("the first place with backups wins, unless a later one of its own has newer ones") {
  const auto older_first = {listed("data-backup@media:/data", 1, kEarly), listed("data@media:/data", 2, kLate)};
  CHECK(located(by_hand({kByLegacy, kByV4}), kPvc, older_first) == "data-backup@media:/data < data@media:/data");
  CHECK(located(by_hand({kByV4, kByLegacy}), kPvc, older_first) == "data@media:/data");
  const PvcName dotted{"media", "my.data"};
  const auto spelled = {listed("my.data-backup@media:/data", 1, kEarly), listed("mydata-backup@media:/data", 2, kLate)};
  CHECK(located({}, dotted, spelled) == "my.data-backup@media:/data");  // newer ones that nobody is sure of
}

TEST_CASE("backups under a name that could be the PVC's are seen whatever their path") {
  CHECK(other_name(kPvc, {}) == "none");
  for (const char* name : {"data@media:/srv", "data-backup@media:/srv/data"}) {
    CHECK(other_name(kPvc, {listed(name, 1, kLate)}) == name);
  }
  CHECK(other_name({"media", "my.data"}, {listed("mydata@media:/srv", 1, kLate)}) == "mydata@media:/srv");
  CHECK(other_name(kPvc, {listed("data@other:/srv", 1, kLate), listed("database@media:/srv", 2, kLate),
                          listed("x@data:/srv", 3, kLate)}) == "none");
  CHECK(other_name(kPvc, {listed("data@media:/data", 1, kLate)}) == "none");  // a candidate
  Ownership ownership;
  ownership.add(witness(identity("data@media:/srv"), {"media", "other"}));
  CHECK(other_name(kPvc, {listed("data@media:/srv", 1, kLate)}, ownership) == "none");
}
