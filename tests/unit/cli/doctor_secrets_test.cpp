// `doctor`, what it says of the Secrets that movers read.
#include <catch2/catch.hpp>

#include "holdfast/kube/base64.hpp"
#include "tests/unit/cli/doctor_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::cli;
using Catch::Contains;
using Kind = volsync::RepositoryOptions::Kind;

namespace {

constexpr const char* kVolSync = "/apis/volsync.backube/v1alpha1/";
constexpr const char* kPassword = "correct horse";

std::string object(const std::string& spec, const std::string& status = "{}", const std::string& ns = "media") {
  return R"({"metadata":{"namespace":")" + ns +
         R"(","name":"photos-backup","uid":"u","labels":{"app.kubernetes.io/managed-by":"holdfast"}},"spec":)" + spec +
         R"(,"status":)" + status + "}";
}

std::string secret(const std::map<std::string, std::string>& data) {
  std::string text;
  for (const auto& [key, value] : data) {
    text += (text.empty() ? "\"" : ",\"") + key + "\":\"" + kube::encode_base64(value) + "\"";
  }
  return R"({"data":{)" + text + "}}";
}

struct Desk {
  Desk() {
    settings.generator.repository.kind = Kind::Nfs;
    items("replicationsources", object(R"({"kopia":{"repository":"volsync-photos"}})"));
    items("replicationdestinations", "");
    items("kopiamaintenances", "");
    has("volsync-photos", {{"KOPIA_PASSWORD", kPassword}, {"KOPIA_REPOSITORY", "filesystem:///mnt/repository"}});
  }
  void items(const std::string& plural, const std::string& all) {
    cluster.has(kVolSync + plural, R"({"items":[)" + all + "]}");
  }
  void has(const std::string& name, const std::map<std::string, std::string>& data, const std::string& ns = "media") {
    cluster.has("/api/v1/namespaces/" + ns + "/secrets/" + name, secret(data));
  }
  std::string text() {
    std::string said =
        text_of([&](diagnosis::Part part) { diagnosis::check_secrets(settings, cluster.cluster, part); });
    CHECK_THAT(said, !Contains(kPassword));
    return said;
  }

  Settings settings;
  Cluster cluster;
};

}  // namespace

TEST_CASE("Secrets that are there and lead to the mounted repository are one line") {
  Desk desk;
  CHECK_THAT(desk.text(), Contains("ok      part: 1 that movers read are there"));
  desk.settings.generator.enabled = false;
  CHECK_THAT(desk.text(), Contains("ok      part: not needed"));
}

TEST_CASE("where no mover is wanted yet there is nothing to miss") {
  Desk desk;
  desk.items("replicationsources", "");
  CHECK_THAT(desk.text(), Contains("ok      part: no mover needs one yet"));
}

TEST_CASE("a Secret that is missing is named, whosever movers it is for") {
  Desk desk;
  desk.items("replicationdestinations", object(R"({"kopia":{"repository":"of-restores"}})"));
  desk.items("kopiamaintenances", object(R"({"repository":{"repository":"of-maintenance"}})", "{}", "holdfast-system"));
  const std::string said = desk.text();
  CHECK_THAT(said, Contains("fail    part: Secrets that movers read are not there: holdfast-system/of-maintenance, "
                            "media/of-restores; "));
}

TEST_CASE("a Secret without what movers read in it is named with that") {
  Desk desk;
  desk.has("volsync-photos", {{"KOPIA_PASSWORD", ""}, {"password", kPassword}});
  CHECK_THAT(desk.text(), Contains("media/volsync-photos has no KOPIA_PASSWORD, media/volsync-photos has no "
                                   "KOPIA_REPOSITORY"));
  desk.items("replicationsources", object(R"({"restic":{"repository":"volsync-photos"}})"));
  CHECK_THAT(desk.text(), Contains("has no RESTIC_PASSWORD"));
}

TEST_CASE("a Secret that leads to another folder than the mounted one is a failure: the mover would write there") {
  Desk desk;
  desk.has("volsync-photos", {{"KOPIA_PASSWORD", kPassword}, {"KOPIA_REPOSITORY", "filesystem:///repository"}});
  CHECK_THAT(desk.text(), Contains("media/volsync-photos says filesystem:///repository, and its movers have the "
                                   "repository at filesystem:///mnt/repository"));
  desk.settings.generator.repository.inject = true;
  desk.settings.generator.repository.mover_volumes = false;
  CHECK_THAT(desk.text(), Contains("ok      part"));
  desk.items("kopiamaintenances", object(R"({"repository":{"repository":"volsync-photos"}})"));
  CHECK_THAT(desk.text(), Contains("fail    part: movers would write into a folder of their own"));
  desk.items("kopiamaintenances", "");
  desk.settings.generator.repository.kind = Kind::S3;
  CHECK_THAT(desk.text(), Contains("ok      part"));
}

TEST_CASE("where Secrets may not be read it is VolSync that says which are missing") {
  Desk desk;
  desk.cluster.pages.erase("/api/v1/namespaces/media/secrets/volsync-photos");
  desk.cluster.denied = "secrets";
  CHECK_THAT(desk.text(), Contains("ok      part: VolSync misses none"));
  desk.items("replicationsources", object(R"({"kopia":{"repository":"volsync-photos"}})",
                                          R"({"conditions":[{"type":"Synchronizing","status":"False",
                                              "reason":"Error","message":"Secret \"volsync-photos\" not found"}]})"));
  CHECK_THAT(desk.text(), Contains("fail    part: VolSync misses Secrets: ReplicationSource media/photos-backup"));
  desk.cluster.pages[std::string(kVolSync) + "replicationsources"] = fakes::refusal(403, "Forbidden");
  CHECK_THAT(desk.text(), Contains("unknown part: replicationsources cannot be listed"));
}
