// `adopt`: what is asked of the generator, and what is given back, in a cluster that a test controls.
#include <catch2/catch.hpp>

#include <fmt/ranges.h>

#include "holdfast/base/clock.hpp"
#include "holdfast/core/time.hpp"
#include "tests/unit/cli/reachable_cluster.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kRequest = "holdfast.dev/adopt-requested";
constexpr const char* kRecord = "holdfast.dev/adopted-from";
constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
constexpr const char* kTheirs = R"({"sourcePVC": "photos", "trigger": {"schedule": "0 * * * *"},
  "kopia": {"username": "photos-backup", "hostname": "media"}})";

Json::Value object(const std::string& name, const std::string& manager, const char* spec) {
  Json::Value made;
  made["metadata"]["namespace"] = "media";
  made["metadata"]["name"] = name;
  made["metadata"]["labels"][kManagedBy] = manager;
  made["spec"] = parse(spec);
  return made;
}

void be_at_work(Json::Value& source) { source["status"]["lastSyncStartTime"] = core::format_seconds(base::utc_now()); }

/// A PVC with the source and the destination that kyverno made for it.
struct Switching : ReachableCluster {
  Switching() {
    objects.put(kube::kClaims, parse(R"({"metadata": {"namespace": "media", "name": "photos",
      "labels": {"backup": "hourly"}}, "spec": {"accessModes": ["ReadWriteOnce"],
      "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Bound"}})"));
    objects.put(kube::kReplicationSources, object("photos-backup", "kyverno", kTheirs));
    objects.put(kube::kReplicationDestinations, object("photos-backup", "kyverno", R"({"kopia": {}})"));
  }

  /// As a generator would that sees the request.
  void takes_over() {
    set_afterwards([this](const fakes::ApiRequest& request) {
      if (request.method != "PATCH" || request.body.find(kRequest) == std::string::npos) return;
      for (const auto& kind : {kube::kReplicationSources, kube::kReplicationDestinations}) {
        objects.edit(kind, "media", "photos-backup",
                     [](Json::Value& one) { one["metadata"]["labels"][kManagedBy] = "holdfast"; });
      }
    });
  }
  /// Were taken over.
  void are_ours() {
    Json::Value record;
    record["labels"][kManagedBy] = "kyverno";
    record["spec"] = parse(kTheirs);
    objects.edit(kube::kReplicationSources, "media", "photos-backup", [&](Json::Value& one) {
      one["metadata"]["labels"][kManagedBy] = "holdfast";
      one["metadata"]["annotations"]["holdfast.dev/pvc"] = "photos";
      one["metadata"]["annotations"][kRecord] = print(record);
      one["spec"]["trigger"]["schedule"] = "7 * * * *";
    });
  }
  Json::Value source() const { return objects.find(kube::kReplicationSources, "media", "photos-backup"); }
  void edit_source(const std::function<void(Json::Value&)>& change) {
    objects.edit(kube::kReplicationSources, "media", "photos-backup", change);
  }

  Ending adopt(Words words) const {
    words.insert(words.begin(), "adopt");
    words.insert(words.end(), {"--index-backend", "catalog", "--catalog-file", catalog.path(), "--repository-id",
                               "00112233445566778899aabbccddeeff"});
    return run(std::move(words));
  }

  const TempFile catalog{"[]"};
};

}  // namespace

TEST_CASE("exactly one of plan, apply and undo is asked for") {
  const Switching desk;
  for (const Words& words : {Words{}, Words{"--plan", "--apply"}, Words{"--apply", "--undo"}, Words{"media/photos"},
                             Words{"--plan", "--timeout", "1m"}, Words{"--apply", "--timeout", "soon"},
                             Words{"--apply", "no such scope"}, Words{"--undo", "a/b/c"}}) {
    INFO(fmt::format("{}", fmt::join(words, " ")));
    CHECK(desk.adopt(words).code == cli::kUsage);
  }
  CHECK(desk.objects.writes().empty());
}

TEST_CASE("apply asks for all objects of a PVC, and is over when they are holdfast's") {
  Switching desk;
  desk.takes_over();
  const Ending ending = desk.adopt({"--apply", "media/photos"});
  INFO(ending.err);
  CHECK(ending.code == cli::kOk);
  CHECK(ending.out == "media/photos  adopted  2 objects taken over\n");
  CHECK(desk.objects.writes().size() == 2);
  for (const auto& write : desk.objects.writes()) {
    const Json::Value body = parse(write.body);
    CHECK(body.getMemberNames() == Words{"metadata"});
    CHECK(body["metadata"].isMember("uid"));
  }
}

TEST_CASE("a plan writes nothing") {
  const Switching desk;
  const Ending ending = desk.adopt({"--plan"});
  CHECK(ending.code == cli::kOk);
  CHECK_THAT(ending.out, Contains("1 PVC with objects of others, 1 of them taken over as a whole"));
  CHECK(desk.objects.writes().empty());
}

TEST_CASE("what cannot be taken over as a whole is not asked for") {
  Switching desk;
  desk.edit_source([](Json::Value& source) { source["spec"]["kopia"]["sourcePathOverride"] = "/srv"; });
  const Ending ending = desk.adopt({"--apply"});
  CHECK(ending.code == cli::kCheckFailed);
  CHECK_THAT(ending.out, Contains("media/photos  refused  ReplicationSource photos-backup stays as it is: "
                                  "ForeignIdentity: "));
  CHECK(desk.objects.writes().empty());
}

TEST_CASE("a source that is being backed up is asked for, and taken over when that is done") {
  Switching desk;
  desk.edit_source(be_at_work);
  CHECK_THAT(desk.adopt({"--plan"}).out, Contains("is taken over when the backup or restore under way is over"));
  desk.takes_over();
  CHECK(desk.adopt({"--apply"}).code == cli::kOk);
}

TEST_CASE("where nobody takes up the request that is said, and it stays") {
  const Switching desk;
  const Ending ending = desk.adopt({"--apply", "--timeout", "1s"});
  CHECK(ending.code == cli::kCannotTell);
  CHECK_THAT(ending.out, Contains("there was no more time to wait: ") && Contains("`holdfast why media/photos`"));
  CHECK(desk.source()["metadata"]["annotations"].isMember(kRequest));
}

TEST_CASE("what somebody takes away meanwhile is not waited for") {
  Switching desk;
  desk.set_afterwards([&](const fakes::ApiRequest& request) {
    const bool asks = request.method == "PATCH" && request.path.find("replicationsources") != std::string::npos;
    if (asks) desk.objects.erase(kube::kReplicationDestinations, "media", "photos-backup");
  });
  const Ending ending = desk.adopt({"--apply"});
  CHECK(ending.code == cli::kCheckFailed);
  CHECK_THAT(ending.out, Contains("media/photos  failed  ReplicationDestination photos-backup has gone meanwhile"));
}

TEST_CASE("undo gives back what was taken over, and nothing else") {
  Switching desk;
  desk.are_ours();
  const Json::Value destination = desk.objects.find(kube::kReplicationDestinations, "media", "photos-backup");
  CHECK(desk.adopt({"--undo", "apps"}).code == cli::kCannotTell);
  CHECK(desk.adopt({"--undo", "media/films"}).code == cli::kCannotTell);
  const Ending ending = desk.adopt({"--undo", "media"});
  INFO(ending.err);
  CHECK(ending.code == cli::kOk);
  CHECK(ending.out == "media/photos  given back  1 object as before\n");
  CHECK(desk.source()["metadata"]["labels"][kManagedBy] == "kyverno");
  CHECK(desk.source()["metadata"]["annotations"].empty());
  CHECK(desk.source()["spec"] == parse(kTheirs));
  CHECK(desk.objects.find(kube::kReplicationDestinations, "media", "photos-backup") == destination);
  CHECK(desk.adopt({"--undo"}).code == cli::kCannotTell);
}

TEST_CASE("what changes while it is given back is given back as it is then") {
  Switching desk;
  desk.are_ours();
  bool touched = false;
  desk.set_afterwards([&](const fakes::ApiRequest& request) {
    const bool lists = request.method == "GET" && request.path.ends_with("/externalsecrets") && !touched;
    if (!lists) return;
    touched = true;
    desk.edit_source([](Json::Value& source) { source["status"]["lastSyncTime"] = "2026-03-01T12:00:00Z"; });
  });
  CHECK(desk.adopt({"--undo"}).code == cli::kOk);
  CHECK(touched);
  CHECK(desk.source()["spec"] == parse(kTheirs));
}

TEST_CASE("nothing is given back in the middle of something, or when it would be taken over again") {
  Switching desk;
  desk.are_ours();
  Words words = {"--undo"};
  int code = cli::kCheckFailed;
  std::string says = "refused";
  SECTION("its mover works") { desk.edit_source(be_at_work); }
  SECTION("it is being deleted") {
    desk.edit_source([](Json::Value& source) {
      source["metadata"]["deletionTimestamp"] = "2026-03-01T12:00:00Z";
      source["metadata"]["finalizers"].append("x");
    });
  }
  SECTION("the PVC waits") {
    desk.objects.edit(kube::kClaims, "media", "photos",
                      [](Json::Value& claim) { claim["status"]["phase"] = "Pending"; });
  }
  SECTION("its record is none") {
    desk.edit_source([](Json::Value& source) { source["metadata"]["annotations"][kRecord] = "{}"; });
  }
  SECTION("the settings say that everything is taken over") {
    words.insert(words.end(), {"--config", "CONFIG"});
    code = cli::kUsage;
    says = "";
  }
  const TempFile config("generator: {adopt: true}\n");
  for (std::string& word : words) word = word == "CONFIG" ? config.path() : word;
  const Json::Value before = desk.source();
  const Ending ending = desk.adopt(words);
  CHECK(ending.code == code);
  CHECK_THAT(ending.out, Contains(says));
  CHECK(desk.source() == before);
}
