// `pause` and `resume`, and what they and `backup` have in common, in a cluster that a test controls.
#include <catch2/catch.hpp>

#include "tests/unit/cli/source_desk.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("pause stops every ReplicationSource of the PVC, and says why") {
  Desk desk;
  desk.has_photos();
  desk.has("holdfast-offsite-photos", "photos");
  desk.has("films-backup", "films");
  const std::string uid = desk.source()["metadata"]["uid"].asString();
  const Ending ending = desk.run({"pause", "media/photos", "--reason", "the disk is replaced"});
  CHECK(ending.code == cli::kOk);
  CHECK(ending.out == "media/photos  paused  nothing is backed up until it is resumed\n");
  for (const char* name : {"photos-backup", "holdfast-offsite-photos"}) {
    INFO(name);
    CHECK(desk.source(name)["spec"]["paused"] == true);
    CHECK(desk.source(name)["metadata"]["annotations"][kReason] == "the disk is replaced");
    CHECK(desk.source(name)["spec"]["trigger"]["schedule"] == "7 * * * *");
  }
  CHECK_FALSE(desk.source("films-backup")["spec"].isMember("paused"));
  CHECK(parse(desk.objects.writes().at(0).body)["metadata"]["uid"] == uid);
}

TEST_CASE("pause without a reason takes an earlier one off") {
  Desk desk;
  desk.has_photos();
  desk.run({"pause", "media/photos", "--reason", "the disk is replaced"});
  CHECK(desk.run({"pause", "media/photos"}).code == cli::kOk);
  CHECK(desk.source()["spec"]["paused"] == true);
  CHECK_FALSE(desk.source()["metadata"]["annotations"].isMember(kReason));
}

TEST_CASE("resume lets every ReplicationSource of the PVC go on, and forgets the reason") {
  Desk desk;
  desk.has_photos();
  desk.has("holdfast-offsite-photos", "photos");
  const Json::Value before = desk.source()["spec"], offsite = desk.source("holdfast-offsite-photos")["spec"];
  desk.run({"pause", "media/photos", "--reason", "the disk is replaced"});
  const Ending ending = desk.run({"resume", "media/photos"});
  CHECK(ending.code == cli::kOk);
  CHECK(ending.out == "media/photos  resumed  backups go on by their schedule\n");
  CHECK(desk.source()["spec"] == before);
  CHECK(desk.source("holdfast-offsite-photos")["spec"] == offsite);
  for (const char* name : {"photos-backup", "holdfast-offsite-photos"}) {
    CHECK_FALSE(desk.source(name)["metadata"]["annotations"].isMember(kReason));
  }
}

TEST_CASE("resume takes somebody else's token off the trigger, and leaves one of holdfast's") {
  Desk desk;
  desk.has_photos();
  desk.has("holdfast-offsite-photos", "photos");
  const std::string ours = "holdfast-backup-2026-03-01T12:00:00Z";
  desk.edit([&](Json::Value& source) { source["spec"]["trigger"]["manual"] = ours; });
  desk.edit(set_manual, "holdfast-offsite-photos");
  CHECK(desk.run({"resume", "media/photos"}).code == cli::kOk);
  CHECK(desk.source()["spec"]["trigger"]["manual"] == ours);
  CHECK_FALSE(desk.source("holdfast-offsite-photos")["spec"]["trigger"].isMember("manual"));
  CHECK(desk.source("holdfast-offsite-photos")["spec"]["trigger"]["schedule"] == "7 * * * *");
}

TEST_CASE("resume of a source that is paused and has somebody else's token mends both") {
  Desk desk;
  desk.has_photos();
  const Json::Value before = desk.source()["spec"];
  desk.edit(pause_source);
  desk.edit(set_manual);
  CHECK(desk.run({"resume", "media/photos"}).code == cli::kOk);
  CHECK(desk.source()["spec"] == before);
}

TEST_CASE("pause and resume of --all are of every PVC in the namespace, and leave what is somebody else's") {
  Desk desk;
  desk.has_photos();
  desk.has("films-backup", "films");
  desk.has("books-backup", "books", "apps");
  desk.has("mine-backup", "mine");
  desk.edit(be_strangers, "mine-backup");
  const Json::Value paused = desk.items({"pause", "--all", "-n", "media"}, cli::kOk);
  CHECK(paused.size() == 2);
  CHECK(desk.source()["spec"]["paused"] == true);
  CHECK(desk.source("films-backup")["spec"]["paused"] == true);
  CHECK_FALSE(desk.source("books-backup", "apps")["spec"].isMember("paused"));
  CHECK_FALSE(desk.source("mine-backup")["spec"].isMember("paused"));
  CHECK(desk.items({"resume", "--all"}, cli::kOk).size() == 3);
  CHECK_FALSE(desk.source()["spec"].isMember("paused"));
}

TEST_CASE("pause and resume of a PVC without a ReplicationSource of holdfast's are refused") {
  Desk desk;
  desk.has_photos();
  desk.edit(be_strangers);
  for (const char* verb : {"pause", "resume"}) {
    CHECK(desk.items({verb, "media/photos"}, cli::kCheckFailed)[0]["result"] == "refused");
    CHECK(desk.items({verb, "media/none"}, cli::kCheckFailed)[0]["result"] == "refused");
  }
  CHECK(desk.objects.writes().empty());
}

TEST_CASE("what the API server forbids is not known to be done: 3") {
  Desk desk;
  desk.has_photos();
  for (const char* verb : {"backup", "pause", "resume"}) {
    INFO(verb);
    desk.refuse("PATCH");
    const Json::Value items = desk.items({verb, "media/photos"}, cli::kCannotTell);
    CHECK(items[0]["result"] == "unknown");
    CHECK(items[0]["message"] == "ReplicationSource photos-backup: Forbidden: not you");
    desk.refuse("GET");
    for (const Words& words : {Words{verb, "media/photos"}, Words{verb, "--all"}}) {
      const Ending ending = desk.run(words);
      CHECK(ending.code == cli::kCannotTell);
      CHECK_THAT(ending.err, Contains("Forbidden: not you"));
      CHECK(ending.out.empty());
    }
  }
}

TEST_CASE("a ReplicationSource that cannot be read is told, and taken neither for a missing one nor for none") {
  Desk desk;
  desk.has_photos();
  desk.edit([](Json::Value& source) { source["metadata"]["annotations"]["odd"] = 7; });
  for (const Words& words : {Words{"pause", "media/photos"}, Words{"pause", "--all"}}) {
    const Ending ending = desk.run(words);
    CHECK(ending.code == cli::kCannotTell);
    CHECK_THAT(ending.err, Contains("media/photos-backup cannot be read: ") && Contains("annotations"));
  }
  CHECK(desk.objects.writes().empty());
}

TEST_CASE("backup, pause and resume say what is wrong with how they are used, and end with 2") {
  const Desk desk;
  const std::string long_reason(257, 'x');
  const std::vector<std::pair<Words, std::string>> wrong = {
      {{"backup"}, "give either NAMESPACE/PVC or --all"},
      {{"pause"}, "give either NAMESPACE/PVC or --all"},
      {{"resume", "media/photos", "--all"}, "give either NAMESPACE/PVC or --all"},
      {{"backup", "photos"}, "\"photos\" is not <namespace>/<pvc>"},
      {{"backup", "media/photos", "-n", "media"}, "--all"},
      {{"backup", "media/photos", "--timeout", "5m"}, "--wait"},
      {{"backup", "media/photos", "--wait", "--timeout", "soon"}, "--timeout: \"soon\" is not a duration"},
      {{"backup", "media/photos", "--wait", "--timeout", "0s"}, "--timeout: \"0s\" is not a duration"},
      {{"pause", "media/photos", "--reason", "one\ntwo"}, "--reason: at most 256 bytes of text on one line"},
      {{"pause", "media/photos", "--reason", long_reason}, "--reason: at most 256 bytes of text on one line"},
      {{"pause", "media/photos", "--reason", "\xFF"}, "--reason: at most 256 bytes of text on one line"},
      {{"resume", "media/photos", "--reason", "done"}, "--reason"},
      {{"pause", "media/photos", "--wait"}, "--wait"},
  };
  for (const auto& [words, said] : wrong) {
    INFO(said);
    const Ending ending = desk.run(words);
    CHECK(ending.code == cli::kUsage);
    CHECK_THAT(ending.err, Contains(said));
    CHECK(ending.out.empty());
  }
  CHECK(desk.server.requests().empty());
}

TEST_CASE("a reason may be 256 bytes long") {
  Desk desk;
  desk.has_photos();
  const std::string reason(256, 'x');
  CHECK(desk.run({"pause", "media/photos", "--reason", reason}).code == cli::kOk);
  CHECK(desk.source()["metadata"]["annotations"][kReason] == reason);
}
