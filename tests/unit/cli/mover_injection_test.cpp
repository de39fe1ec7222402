#include "src/cli/serve/generator_for_webhook.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cli/load.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

volsync::RepositoryOptions repository(const std::string& yaml) {
  const TempFile file("generator: {repository: {" + yaml + "}}\n");
  return load({}, {}, file.path()).generator.repository;
}

const std::string kNfs = "kind: nfs, server: nas.lan, path: /tank/kopia";

}  // namespace

TEST_CASE("mover Jobs are left as they are unless the settings ask for the repository in them") {
  CHECK_FALSE(cli::mover_injection(repository(kNfs)));
  CHECK(repository(kNfs).mover_volumes);
}

TEST_CASE("with injection the VolSync objects carry no volume, and the Jobs get what they would have carried") {
  const auto options = repository(kNfs + ", inject: true, jitter: 30s, jitterImage: 'busybox:1'");
  CHECK_FALSE(options.mover_volumes);
  const auto injection = cli::mover_injection(options);
  REQUIRE(injection);
  CHECK(injection->volume_source["nfs"]["server"] == "nas.lan");
  CHECK(injection->volume_source["nfs"]["path"] == "/tank/kopia");
  CHECK(injection->mount_path == "/repository");
  CHECK(injection->longest_delay == std::chrono::seconds(30));
  CHECK(injection->delay_image == "busybox:1");
}

TEST_CASE("a repository in a claim is injected as a claim") {
  const auto injection = cli::mover_injection(repository("kind: pvc, claim: kopia, mountPath: /repo, inject: true"));
  REQUIRE(injection);
  CHECK(injection->volume_source["persistentVolumeClaim"]["claimName"] == "kopia");
  CHECK(injection->mount_path == "/repo");
}

TEST_CASE("injection needs a volume, and jitter needs injection") {
  CHECK_THROWS_WITH(repository("inject: true"), Contains("generator.repository.kind nfs|pvc"));
  CHECK_THROWS_WITH(repository(kNfs + ", jitter: 30s"), Contains("needs generator.repository.inject"));
  CHECK_THROWS_WITH(repository("jitter: 31s"), Contains("allowed: 0s..30s"));
}
