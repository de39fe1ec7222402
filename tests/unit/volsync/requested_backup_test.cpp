// A backup that was asked for beside the schedule: what of it is wanted, and what it does to the ReplicationSource.
#include "holdfast/volsync/observed.hpp"

#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

constexpr const char* kEarlier = "2026-03-01T08:00:00Z";
constexpr const char* kLater = "2026-03-01T12:00:00.5Z";

std::string token_of(std::string_view asked) { return "holdfast-backup-" + std::string(asked); }

/// A ReplicationSource of ours, and what is written on it.
struct Source : core::Observed {
  Source() { spec = R"({"trigger": {"schedule": "7 * * * *"}})"; }
  Source& requested(std::string when) { return annotated(key::kBackupRequested, std::move(when)); }
  Source& made(std::string when) { return annotated(key::kBackupMade, std::move(when)); }
  Source& annotated(std::string_view key, std::string value) {
    meta.annotations[std::string(key)] = std::move(value);
    return *this;
  }
  Source& triggered(const std::string& token) {
    spec = R"({"trigger": {"schedule": "7 * * * *", "manual": ")" + token + "\"}}";
    return *this;
  }
  Source& synchronized(std::string token) {
    status.last_manual_sync = std::move(token);
    return *this;
  }
};

struct Wanted {
  std::string token, made;
  bool operator==(const Wanted&) const = default;
};
Wanted wanted(const Source& source) {
  BackupRequest request = requested_backup(source);
  return {std::move(request.token), std::move(request.made)};
}

std::string_view stopped(const std::string& spec) {
  core::Observed source;
  source.spec = spec;
  return stopped_by(source);
}

}  // namespace

TEST_CASE("without a request no backup is wanted, and what was made is kept") {
  CHECK(wanted(Source()) == Wanted{"", ""});
  CHECK(wanted(Source().made(kEarlier)) == Wanted{"", kEarlier});
  CHECK(wanted(Source().made(kEarlier).triggered(token_of(kEarlier))) == Wanted{"", kEarlier});
}

TEST_CASE("a backup that was asked for is wanted until VolSync says that it was made") {
  CHECK(wanted(Source().requested(kLater)) == Wanted{token_of(kLater), ""});
  CHECK(wanted(Source().requested(kLater).made(kEarlier)) == Wanted{token_of(kLater), kEarlier});
  CHECK(wanted(Source().requested(kLater).triggered(token_of(kLater))) == Wanted{token_of(kLater), ""});
  CHECK(wanted(Source().requested(kLater).triggered(token_of(kLater)).synchronized(token_of(kLater))) ==
        Wanted{"", kLater});
  CHECK(wanted(Source().requested(kLater).made(kLater)) == Wanted{"", kLater});
}

TEST_CASE("a backup that was asked for later is wanted after one that was made, and in place of one under way") {
  CHECK(wanted(Source().requested(kLater).made(kEarlier).synchronized(token_of(kEarlier))) ==
        Wanted{token_of(kLater), kEarlier});
  CHECK(wanted(Source().requested(kLater).triggered(token_of(kEarlier))) == Wanted{token_of(kLater), ""});
}

TEST_CASE("while somebody else's token stands in the trigger no backup is wanted") {
  CHECK(wanted(Source().requested(kLater).made(kEarlier).triggered("once")) == Wanted{"", kEarlier});
  // It was made before that.
  CHECK(wanted(Source().requested(kLater).triggered("once").synchronized(token_of(kLater))) == Wanted{"", kLater});
}

TEST_CASE("a request that is no time is none") {
  for (const char* no_time : {"", "now", "2026-03-01", "2026-03-01 12:00:00", "12:00"}) {
    INFO(no_time);
    CHECK(wanted(Source().requested(no_time).made(kEarlier)) == Wanted{"", kEarlier});
  }
  CHECK(wanted(Source().requested("2026-03-01T12:00:00+01:00")).token == token_of("2026-03-01T12:00:00+01:00"));
}

TEST_CASE("a source with a request has its token beside the schedule, and says what was made") {
  const Scene scene;
  const Object plain = source_object(scene.subject());
  CHECK_FALSE(plain.body["spec"]["trigger"].isMember("manual"));
  CHECK_FALSE(plain.body["metadata"]["annotations"].isMember(std::string(key::kBackupMade)));
  const Object asked = source_object(scene.subject(), {token_of(kLater), kEarlier});
  CHECK(asked.body["spec"]["trigger"]["manual"] == token_of(kLater));
  CHECK(asked.body["spec"]["trigger"]["schedule"] == plain.body["spec"]["trigger"]["schedule"]);
  CHECK(asked.body["metadata"]["annotations"][std::string(key::kBackupMade)] == kEarlier);
  // The request itself is whoever asked's.
  CHECK_FALSE(asked.body["metadata"]["annotations"].isMember(std::string(key::kBackupRequested)));
}

TEST_CASE("a source whose request came or went is not the same") {
  const Scene scene;
  const Object plain = source_object(scene.subject()), asked = source_object(scene.subject(), {token_of(kLater), ""});
  const Object made = source_object(scene.subject(), {"", kLater});
  CHECK(same(asked, applied(asked)));
  CHECK_FALSE(same(asked, applied(plain)));
  CHECK_FALSE(same(plain, applied(asked)));
  CHECK_FALSE(same(made, applied(asked)));
  CHECK(same(made, applied(made)));
}

TEST_CASE("a source is stopped by spec.paused, or by a token that is none of holdfast's") {
  CHECK(stopped("{}").empty());
  CHECK(stopped(R"({"trigger": {"schedule": "7 * * * *"}})").empty());
  CHECK(stopped(R"({"paused": false, "trigger": {"manual": ""}})").empty());
  CHECK(stopped(R"({"trigger": {"manual": "holdfast-backup-2026-03-01T12:00:00Z"}})").empty());
  CHECK(stopped(R"({"trigger": {"manual": "once"}})") == "manual");
  CHECK(stopped(R"({"trigger": {"manual": "my-holdfast-backup-"}})") == "manual");
  CHECK(stopped(R"({"paused": true})") == "paused");
  CHECK(stopped(R"({"paused": true, "trigger": {"manual": "once"}})") == "paused");
  CHECK(stopped(R"({"paused": true, "trigger": {"manual": "holdfast-backup-2026-03-01T12:00:00Z"}})") == "paused");
  CHECK(stopped("no JSON").empty());
}
