// `doctor`, what it says of backups that no PVC claims.
#include <catch2/catch.hpp>

#include "tests/fakes/fake_index.hpp"
#include "tests/unit/cli/doctor_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::cli;
using Catch::Contains;

namespace {

struct Desk {
  Desk() {
    cluster.has("/api/v1/persistentvolumeclaims", R"({"items":[{"metadata":{"namespace":"media","name":"photos"}}]})");
    cluster.has("/apis/volsync.backube/v1alpha1/replicationsources",
                R"({"items":[{"metadata":{"namespace":"media","name":"x"},
                              "spec":{"kopia":{"username":"x","hostname":"media"}}}]})");
  }
  std::string text(const std::vector<std::string>& sources) {
    std::vector<core::ListedSnapshot> all;
    for (const std::string& source : sources) all.push_back(fakes::listed("s" + source, source));
    index.holds(all);
    return text();
  }
  std::string text() {
    const core::Time now = *core::parse_rfc3339("2026-11-21T08:00:00Z");
    return text_of([&](diagnosis::Part part) {
      diagnosis::check_unclaimed(settings, index.evidence, cluster.cluster, now, part);
    });
  }

  Settings settings;
  fakes::FakeIndex index;
  Cluster cluster;
};

}  // namespace

TEST_CASE("what PVCs and ReplicationSources claim is somebody's") {
  Desk desk;
  CHECK_THAT(desk.text({"photos-backup@media:/data", "x@media:/data"}), Contains("ok      part: every backup is"));
}

TEST_CASE("backups that no PVC claims are told, and are no failure") {
  Desk desk;
  CHECK_THAT(desk.text({"photo-backup@media:/data"}),
             Contains("warn    part: no PVC claims 1 of the repository's sources: \"photo-backup@media:/data\" (1 "
                      "snapshot, the newest 31h old "
                      "and 1.0 MiB; nearest: media/photos)"));
  std::vector<std::string> many;
  for (int i = 0; i < 7; ++i) many.push_back("u" + std::to_string(i) + "@h:/data");
  CHECK_THAT(desk.text(many), Contains("claims 7 of") && Contains(" and 2 more"));
}

TEST_CASE("where PVCs or backups are not known, nothing is said of what they claim") {
  Desk desk;
  CHECK_THAT(desk.text(), Contains("unknown part: the backups are not known"));
  desk.cluster.pages.erase("/api/v1/persistentvolumeclaims");
  CHECK_THAT(desk.text({"a@b:/data"}), Contains("unknown part: PVCs cannot be listed"));
  desk.settings.generator.enabled = false;
  CHECK_THAT(desk.text({"a@b:/data"}), Contains("ok      part: not looked for"));
}
