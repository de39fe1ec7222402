#include "holdfast/generator/unclaimed.hpp"

#include <catch2/catch.hpp>

#include "tests/fakes/fake_index.hpp"

using namespace holdfast;
using namespace holdfast::generator;

namespace {

const core::Time kNow = *core::parse_rfc3339("2026-11-21T08:00:00Z");

core::Pvc pvc(const std::string& name, const std::string& ns = "media") {
  core::Pvc pvc;
  pvc.ns = ns;
  pvc.name = name;
  return pvc;
}

std::vector<Unclaimed> unclaimed(const std::vector<std::string>& sources, const std::vector<core::Pvc>& pvcs,
                                 const core::Policy& policy = {}) {
  core::Catalog::Builder builder;
  for (const std::string& source : sources) builder.add(fakes::listed(source, source));
  ClaimedSources claimed(policy);
  for (const core::Pvc& one : pvcs) claimed.add(one);
  return claimed.missing_in(std::move(builder).build());
}

std::vector<std::string> nearest(const std::string& source, const std::vector<core::Pvc>& pvcs) {
  std::vector<std::string> names;
  const Unclaimed one = unclaimed({source}, pvcs).at(0);
  for (const core::PvcName& name : one.nearest) names.push_back(to_string(name));
  return names;
}

using PvcNames = std::vector<std::string>;

}  // namespace

TEST_CASE("a source that is one of a PVC's places is claimed, whatever the PVC's labels") {
  CHECK(unclaimed({"photos-backup@media:/data"}, {pvc("photos")}).empty());
  const auto all = unclaimed({"b-backup@media:/data", "a-backup@media:/data"}, {pvc("photos")});
  REQUIRE(all.size() == 2);
  CHECK(all[0].source.identity == "a-backup@media:/data");
  CHECK(all[1].source.identity == "b-backup@media:/data");
}

TEST_CASE("what an annotation names is claimed") {
  core::Pvc by_identity = pvc("new"), by_name = pvc("other");
  by_identity.annotations.emplace(core::key::kRestoreIdentity, "x@y:/data");
  by_name.annotations.emplace(core::key::kRestoreFrom, "old/photos");
  CHECK(unclaimed({"x@y:/data", "photos-backup@old:/data"}, {by_identity, by_name}).empty());
}

TEST_CASE("a source that is somebody's for another reason is claimed") {
  core::Catalog::Builder builder;
  builder.add(fakes::listed("s1", "x@y:/data"));
  const core::Policy policy;
  ClaimedSources claimed(policy);
  claimed.add_identity("x@y:/data");
  CHECK(claimed.missing_in(std::move(builder).build()).empty());
}

TEST_CASE("the nearest PVCs are those of the namespace with a name like it, then those of its name elsewhere") {
  CHECK(nearest("photo-backup@media:/data", {pvc("photos"), pvc("music"), pvc("photo", "apps")}) ==
        PvcNames{"media/photos", "apps/photo"});
  CHECK(nearest("data-backup@media:/data", {pvc("data1"), pvc("data22"), pvc("dat"), pvc("date")}).size() == 3);
  CHECK(nearest("laptop@home:/home/me", {pvc("photos")}).empty());
}

TEST_CASE("names are compared up to a length and a number, so that no repository holds anybody up") {
  std::vector<core::Pvc> pvcs;
  for (int i = 0; i < 3000; ++i) pvcs.push_back(pvc(std::string(250, 'a') + std::to_string(i % 10)));
  CHECK(nearest(std::string(900, 'a') + "@media:/data", pvcs).size() == 3);
}

TEST_CASE("an unclaimed source says its size, age, number of snapshots and the nearest names") {
  const auto all = unclaimed({"photo-backup@media:/data"}, {pvc("photos")});
  CHECK(unclaimed_text(all, kNow) ==
        "Backups that no PVC claims:\n"
        "    photo-backup@media:/data: 1 snapshot, the newest 31h old and 1.0 MiB; nearest: media/photos\n");
  const Json::Value value = unclaimed_values(all, kNow)[0];
  CHECK(value["identity"] == "photo-backup@media:/data");
  CHECK(value["snapshots"].asInt() == 1);
  CHECK(value["size"].asInt() == 1 << 20);
  CHECK(value["newest"] == "2026-11-20T01:00:00Z");
  CHECK(value["ageSeconds"].asInt() == 31 * 3600);
  CHECK(value["nearest"][0] == "media/photos");
  CHECK(unclaimed_text({}, kNow).empty());
}
