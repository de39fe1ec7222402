// `backup`, in a cluster that a test controls.
#include <algorithm>
#include <catch2/catch.hpp>

#include "holdfast/core/time.hpp"
#include "tests/unit/cli/source_desk.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

const std::string kSources = "/apis/volsync.backube/v1alpha1/namespaces/media/replicationsources/";

/// What a mover of VolSync's does once the generator has put the token there.
void make_backup(Json::Value& source) {
  Json::Value& annotations = source["metadata"]["annotations"];
  annotations[kMade] = annotations[kRequested];
}

}  // namespace

TEST_CASE("a backup is asked for by an annotation of that very ReplicationSource, and by nothing else") {
  Desk desk;
  desk.has_photos();
  desk.has("holdfast-offsite-photos", "photos");
  const Json::Value before = desk.source();
  const Ending ending = desk.run({"backup", "media/photos"});
  CHECK(ending.code == cli::kOk);
  CHECK(ending.out == "media/photos  requested  a backup was asked for\n");
  CHECK(ending.err.empty());

  const auto writes = desk.objects.writes();
  REQUIRE(writes.size() == 1);
  CHECK(writes[0].path == kSources + "photos-backup");
  const Json::Value body = parse(writes[0].body);
  CHECK(body["metadata"]["uid"] == before["metadata"]["uid"]);
  const auto now = std::chrono::system_clock::now();
  const auto asked = core::parse_rfc3339(body["metadata"]["annotations"][kRequested].asString());
  REQUIRE(asked);
  CHECK(*asked <= now);
  CHECK(*asked > now - std::chrono::minutes{1});
  Json::Value wanted = before;
  wanted["metadata"]["annotations"][kRequested] = body["metadata"]["annotations"][kRequested];
  wanted["metadata"]["resourceVersion"] = desk.source()["metadata"]["resourceVersion"];
  CHECK(desk.source() == wanted);
}

TEST_CASE("a backup is refused where it would not be made, and nothing is written") {
  Desk desk;
  std::string why;
  SECTION("there is none") { why = "there is no ReplicationSource photos-backup; `holdfast why media/photos` says"; }
  SECTION("it is paused") {
    desk.has_photos();
    desk.edit(pause_source);
    why = "its backups are paused; `holdfast resume media/photos` lets them go on";
  }
  SECTION("somebody else has put a token into its trigger") {
    desk.has_photos();
    desk.edit(set_manual);
    why =
        "somebody has set spec.trigger.manual on ReplicationSource photos-backup; `holdfast resume media/photos` lets";
  }
  SECTION("it is somebody else's") {
    desk.has_photos();
    desk.edit(be_strangers);
    why = "ReplicationSource photos-backup is not holdfast's for this PVC";
  }
  SECTION("it is another PVC's") {
    desk.has_photos();
    desk.edit(be_anothers);
    why = "ReplicationSource photos-backup is not holdfast's for this PVC";
  }
  for (const Words& words :
       {Words{"backup", "media/photos"}, Words{"backup", "media/photos", "--wait", "--timeout", "1ms"}}) {
    const Ending ending = desk.run(words);
    CHECK(ending.code == cli::kCheckFailed);
    CHECK_THAT(ending.out, Contains("media/photos  refused  " + why));
  }
  CHECK(desk.objects.writes().empty());
}

TEST_CASE("a backup may be asked for while one that was asked for is under way") {
  Desk desk;
  desk.has_photos();
  desk.edit([](Json::Value& source) { source["spec"]["trigger"]["manual"] = "holdfast-backup-2026-03-01T12:00:00Z"; });
  CHECK(desk.run({"backup", "media/photos"}).code == cli::kOk);
  CHECK(desk.asked("media") == Words{"photos-backup"});
}

TEST_CASE("a ReplicationSource that was made anew in the meantime is not asked") {
  Desk desk;
  desk.has_photos();
  desk.set_afterwards([&](const fakes::ApiRequest& request) {
    if (request.method != "GET") return;
    desk.objects.erase(kube::kReplicationSources, "media", "photos-backup");
    desk.has_photos();
  });
  const Ending ending = desk.run({"backup", "media/photos"});
  CHECK(ending.code == cli::kCannotTell);
  CHECK_THAT(ending.out, Contains("media/photos  unknown  ReplicationSource photos-backup: Conflict"));
  CHECK(desk.asked("media").empty());
}

TEST_CASE("--all asks for a backup of every PVC that has a ReplicationSource of holdfast's") {
  Desk desk;
  desk.has_photos();
  desk.has("holdfast-offsite-photos", "photos");
  desk.has("films-backup", "films");
  desk.has("books-backup", "books", "apps");
  desk.has("mine-backup", "mine");
  desk.edit(be_strangers, "mine-backup");
  SECTION("of the cluster") {
    const Json::Value items = desk.items({"backup", "--all"}, cli::kOk);
    REQUIRE(items.size() == 3);
    CHECK(items[0]["namespace"] == "apps");
    CHECK(items[0]["pvc"] == "books");
    CHECK(items[1]["pvc"] == "films");
    CHECK(items[2]["pvc"] == "photos");
    CHECK(items[2]["result"] == "requested");
    CHECK(desk.asked("media") == Words{"films-backup", "photos-backup"});
    CHECK(desk.asked("apps") == Words{"books-backup"});
  }
  SECTION("of one namespace") {
    CHECK(desk.items({"backup", "--all", "-n", "media"}, cli::kOk).size() == 2);
    CHECK(desk.asked("media") == Words{"films-backup", "photos-backup"});
    CHECK(desk.asked("apps").empty());
  }
  SECTION("of those that are not stopped, and the others are told") {
    desk.edit(pause_source, "films-backup");
    const Json::Value items = desk.items({"backup", "--all"}, cli::kCheckFailed);
    REQUIRE(items.size() == 3);
    CHECK(items[1]["pvc"] == "films");
    CHECK(items[1]["result"] == "refused");
    CHECK(desk.asked("media") == Words{"photos-backup"});
  }
  CHECK(desk.server.requests().at(0).query.find("labelSelector=app.kubernetes.io%2Fmanaged-by%3Dholdfast") !=
        std::string::npos);
}

TEST_CASE("--all where there is nothing to do says so, and is no success") {
  Desk desk;
  for (const char* verb : {"backup", "pause", "resume"}) {
    const Ending ending = desk.run({verb, "--all"});
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("nothing to do"));
    CHECK(ending.out.empty());
  }
}

TEST_CASE("--wait ends when the backup that was asked for is made, and not when an earlier one was") {
  Desk desk;
  desk.has_photos();
  desk.edit([](Json::Value& source) { source["metadata"]["annotations"][kMade] = "2026-03-01T12:00:00Z"; });
  SECTION("the generator says so") { desk.after_patch(make_backup); }
  SECTION("VolSync says so") {
    desk.after_patch([](Json::Value& source) {
      source["status"]["lastManualSync"] =
          "holdfast-backup-" + source["metadata"]["annotations"][kRequested].asString();
    });
  }
  SECTION("one that was asked for later is made") {
    desk.after_patch([](Json::Value& source) {
      source["metadata"]["annotations"][kRequested] = "2200-01-01T00:00:00Z";
      make_backup(source);
    });
  }
  SECTION("it takes its time") {
    desk.set_afterwards([&, looks = 0](const fakes::ApiRequest& request) mutable {
      if (request.method == "GET" && ++looks == 3) desk.edit(make_backup);
    });
  }
  const Ending ending = desk.run({"backup", "media/photos", "--wait", "--timeout", "50s"});
  CHECK(ending.code == cli::kOk);
  CHECK_THAT(ending.out, Catch::StartsWith("media/photos  made  backed up after "));
  CHECK(std::count(ending.err.begin(), ending.err.end(), '\n') <= 1);  // the same is not said twice
}

TEST_CASE("--wait takes no backup for made that was made before it was asked for, whatever the time of that") {
  Desk desk;
  desk.has_photos();
  desk.edit([](Json::Value& source) { source["metadata"]["annotations"][kMade] = "2200-01-01T00:00:00Z"; });
  CHECK(desk.run({"backup", "media/photos", "--wait", "--timeout", "1ms"}).code == cli::kCannotTell);
}

TEST_CASE("--wait ends with 3 when the time is over, and says how far it was") {
  Desk desk;
  desk.has_photos();
  const auto work = [](Json::Value& source) {
    source["spec"]["trigger"]["manual"] = "holdfast-backup-" + source["metadata"]["annotations"][kRequested].asString();
    source["status"]["lastSyncStartTime"] = "2026-03-01T12:00:00Z";
  };
  std::string why;
  SECTION("nobody takes it up") { why = "waits for holdfast to take it up"; }
  SECTION("another backup is under way") {
    desk.after_patch([](Json::Value& source) { source["status"]["lastSyncStartTime"] = "2026-03-01T12:00:00Z"; });
    why = "waits for the backup under way";
  }
  SECTION("VolSync has not begun") {
    desk.after_patch([&](Json::Value& source) {
      work(source);
      source["status"].removeMember("lastSyncStartTime");
    });
    why = "waits for VolSync";
  }
  SECTION("the mover is at work") {
    desk.after_patch(work);
    why = "is backed up";
  }
  SECTION("the mover has failed") {
    desk.after_patch([&](Json::Value& source) {
      work(source);
      source["status"]["latestMoverStatus"]["result"] = "Failed";
    });
    why = "the mover has failed; VolSync tries again by itself";
  }
  SECTION("VolSync cannot go on, and its words are told on one line") {
    desk.after_patch([&](Json::Value& source) {
      work(source);
      source["status"]["conditions"] = parse(R"([{"type": "Synchronizing", "status": "False", "reason": "Error",
        "message": "no Secret\nvolsync-photos"}])");
    });
    why = "no Secret volsync-photos";
  }
  SECTION("the API server says nothing more") {
    desk.set_afterwards([&](const fakes::ApiRequest& request) {
      if (request.method == "PATCH") desk.refuse("GET");
    });
    why = "ReplicationSource media/photos-backup: Forbidden: not you";
  }
  const Ending ending = desk.run({"backup", "media/photos", "--wait", "--timeout", "1ms"});
  CHECK(ending.code == cli::kCannotTell);
  CHECK(ending.out == "media/photos  unknown  there was no more time to wait: " + why + "\n");
  CHECK(ending.err == "# media/photos: " + why + "\n");
}

TEST_CASE("--wait does not go on where the backup cannot come any more") {
  Desk desk;
  desk.has_photos();
  std::string why;
  SECTION("the ReplicationSource is gone") {
    desk.set_afterwards([&](const fakes::ApiRequest& request) {
      if (request.method == "PATCH") desk.objects.erase(kube::kReplicationSources, "media", "photos-backup");
    });
    why = "its ReplicationSource is gone";
  }
  SECTION("it is another one of the same name") {
    desk.set_afterwards([&](const fakes::ApiRequest& request) {
      if (request.method != "PATCH") return;
      desk.objects.erase(kube::kReplicationSources, "media", "photos-backup");
      desk.has_photos();
    });
    why = "its ReplicationSource is gone";
  }
  SECTION("the request is taken back") {
    desk.after_patch([](Json::Value& source) { source["metadata"]["annotations"].removeMember(kRequested); });
    why = "the request is not on its ReplicationSource any more";
  }
  SECTION("somebody pauses it") {
    desk.after_patch(pause_source);
    why = "its backups are paused; `holdfast resume media/photos` lets them go on";
  }
  const Ending ending = desk.run({"backup", "media/photos", "--wait", "--timeout", "50s"});
  CHECK(ending.code == cli::kCheckFailed);
  CHECK(ending.out == "media/photos  failed  " + why + "\n");
}

TEST_CASE("--wait waits for those that were asked, and tells of all in one order") {
  Desk desk;
  desk.has_photos();
  desk.has("films-backup", "films");
  desk.edit(pause_source);
  desk.set_afterwards([&](const fakes::ApiRequest& request) {
    if (request.method == "PATCH") desk.edit(make_backup, "films-backup");
  });
  const Json::Value items = desk.items({"backup", "--all", "--wait", "--timeout", "50s"}, cli::kCheckFailed);
  REQUIRE(items.size() == 2);
  CHECK(items[0]["pvc"] == "films");
  CHECK(items[0]["result"] == "made");
  CHECK(items[1]["pvc"] == "photos");
  CHECK(items[1]["result"] == "refused");
}
