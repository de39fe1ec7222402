// Rules 7 and 9c: backups that are not, or not surely, where they are looked for first.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

constexpr std::string_view kBefore = "2026-01-01T00:00:00Z", kLately = "2026-02-28T02:00:00Z";
constexpr std::string_view kOtherPath = "data@media:/srv";
const PvcName kAnother{"media", "other"};

/// The setting in a message, as it is to be copied.
std::vector<IdentityTemplate> line_of(const std::string& message) {
  std::vector<IdentityTemplate> lines;
  const std::size_t begin = message.find("identities: [");
  const std::size_t end = message.find(']', begin);
  for (std::size_t at = message.find('"', begin); at < end; at = message.find('"', at)) {
    const std::size_t close = message.find('"', at + 1);
    lines.push_back(IdentityTemplate::parse(message.substr(at + 1, close - at - 1)).value());
    at = close + 1;
  }
  return lines;
}

Case holding(const std::vector<ListedSnapshot>& snapshots) {
  Case c;
  c.evidence = current(snapshots);
  return c;
}

}  // namespace

TEST_CASE("the line of index.identities that an ambiguity offers settles it") {
  for (const Naming naming : {Naming::LegacyBackup, Naming::V4}) {
    for (const bool legacy_newer : {true, false}) {
      Case c = holding({listed(kOwnSource, 1, legacy_newer ? kLately : kBefore),
                        listed("data@media:/data", 2, legacy_newer ? kBefore : kLately)});
      c.policy.naming = naming;
      if (answer(c) != "refuse IdentityAmbiguous") continue;  // v4's own, newer than the other naming's
      c.policy.identities = line_of(c.decide().message);
      REQUIRE(c.policy.identities.size() == 2);
      const Verdict verdict = c.decide();
      REQUIRE(answer(verdict) == "restore BackupFound");
      CHECK(std::get<Restore>(verdict.outcome).source == identity(legacy_newer ? kOwnSource : "data@media:/data"));
    }
  }
}

TEST_CASE("an identity that no template gives is settled by the annotation alone") {
  Case c = holding({listed("myappdata-backup@media:/data", 1, kLately)});
  c.pvc().name = "my.app.data";
  CHECK(answer(c) == "refuse IdentityAmbiguous");
  CHECK_FALSE(contains(c.decide().message, "index:"));
}

TEST_CASE("backups in another path are not nothing, and both ways out are in the message") {
  Case c = holding({listed(kOtherPath, 1, kLately)});
  CHECK(answer(c) == "refuse BackupUnderOtherName");
  CHECK(contains(c.decide().message, "`holdfast.dev/restore-identity: data@media:/srv`"));
  CHECK(contains(c.decide().message, "`volsync.backup/skip-restore: \"true\"`"));
  c.annotate(key::kRestoreIdentity, kOtherPath);
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("no message offers a source that VolSync cannot be told") {
  Case c = holding({listed("my.data@media:/srv", 1, kLately)});
  c.pvc().name = "my.data";
  CHECK(answer(c) == "refuse BackupUnderOtherName");
  CHECK_FALSE(contains(c.decide().message, key::kRestoreIdentity));
  c.annotate(key::kRestoreIdentity, "my.data@media:/srv");
  CHECK(answer(c) == "refuse RestoreIdentityInvalid");
}

TEST_CASE("what is known to be another PVC's does not keep this one from starting empty") {
  Ownership ownership;
  ownership.add(witness(identity(kOtherPath), kAnother));
  ownership.source_says(identity("data@media:/data"), kAnother);
  Case c = holding({listed(kOtherPath, 1, kLately), listed("data@media:/data", 2, kLately)});
  c.cluster.ownership = ownership;
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("a source of another namespace is restored only where the settings allow it") {
  const std::string theirs = "db-backup@old:/data";
  Case c = holding({listed(theirs, 1, kLately)});
  c.annotate(key::kRestoreIdentity, theirs);
  CHECK(answer(c) == "refuse RestoreIdentityNotAllowed");
  c.policy.any_restore_identity = true;
  CHECK(answer(c) == "restore BackupFound");
  c.policy.any_restore_identity = false;
  c.policy.restore_from = {{{"old", "db"}, {"media", "another"}}};
  CHECK(answer(c) == "refuse RestoreIdentityNotAllowed");
  c.policy.restore_from = {{{"old", "db"}, {"media", "data"}}};
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("a template set by hand may lead to another host") {
  Case c = holding({listed("media-data@nas:/data", 1, kLately)});
  c.annotate(key::kRestoreIdentity, "media-data@nas:/data");
  CHECK(answer(c) == "refuse RestoreIdentityNotAllowed");
  c.policy.identities = {IdentityTemplate::parse("{namespace}-{pvc}@nas:/data").value()};
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("a source that is known to be another PVC's is not restored by its name") {
  Ownership ownership;
  ownership.source_says(identity("other-backup@media:/data"), kAnother);
  Case c = holding({listed("other-backup@media:/data", 1, kLately)});
  c.annotate(key::kRestoreIdentity, "other-backup@media:/data");
  CHECK(answer(c) == "restore BackupFound");  // nothing is known of it
  c.cluster.ownership = ownership;
  CHECK(answer(c) == "refuse RestoreIdentityNotAllowed");
  c.policy.restore_from = {{kAnother, {"media", "data"}}};
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("where sources and memory give no answer only the first place of the settings is sure") {
  Case c = holding({listed(kOwnSource, 1, kLately)});
  c.cluster.ownership = NoAnswer{"connection refused"};
  CHECK(answer(c) == "restore BackupFound");
  for (const char* source : {"data@media:/data", "data@media:/srv", "nobody@media:/data"}) {
    Case other = holding({listed(source, 1, kLately)});
    other.cluster.ownership = NoAnswer{"connection refused"};
    CHECK(answer(other) == "wait ClusterUnavailable");
  }
  c.annotate(key::kRestoreIdentity, kOwnSource);
  CHECK(answer(c) == "wait ClusterUnavailable");
}

TEST_CASE("one question without an answer does not make another PVC's backups this one's") {
  Case c = holding({listed(kOwnSource, 1, kLately)});
  c.cluster.ownership = NoAnswer{"connection refused"};
  c.cluster.heard.source_says(identity(kOwnSource), kAnother);
  CHECK(answer(c) == "wait ClusterUnavailable");
  c.cluster.heard.source_says(identity(kOwnSource), {"media", "data"});
  CHECK(answer(c) == "wait ClusterUnavailable");
}

TEST_CASE("whatever depends on whose backups these are is asked for") {
  Case outdated = holding({listed("nightly@media:/data", 1, kLately)});
  outdated.policy.fresh_limit = std::chrono::hours{1};
  REQUIRE(answer(outdated) == "refuse RepositoryOutdated");
  CHECK(cluster_matters(outdated.decide()));
  CHECK(cluster_matters(holding({listed(kOtherPath, 1, kLately)}).decide()));
  Case c = holding({listed(kOwnSource, 1, kLately), listed("data@media:/data", 2, kLately)});
  REQUIRE(answer(c) == "refuse IdentityAmbiguous");
  CHECK(cluster_matters(c.decide()));
}
