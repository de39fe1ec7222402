// What counts as a backup under way: what VolSync works with, and not what it says of itself.
#include "holdfast/volsync/cluster_facts.hpp"

#include <catch2/catch.hpp>

#include "holdfast/volsync/objects.hpp"

using namespace holdfast::volsync;
namespace core = holdfast::core;

namespace {

constexpr std::chrono::hours kOverlong{6};
const core::Time kNoon = core::parse_rfc3339("2026-03-01T12:00:00Z").value();

/// Of the source data-backup, which says that it synchronises.
SyncTraces synchronizing() {
  SyncTraces sync;
  sync.source = "data-backup";
  sync.object.emplace();
  sync.object->meta.name = sync.source;
  sync.object->spec = R"({"sourcePVC":"data","kopia":{}})";
  sync.object->status.synchronizing = true;
  sync.object->status.sync_started = kNoon - std::chrono::days{30};
  return sync;
}

core::Meta made(std::chrono::minutes ago) {
  core::Meta meta;
  meta.created = kNoon - ago;
  return meta;
}

core::Job job(std::chrono::minutes ago, bool running = true) {
  core::Job job;
  job.meta = made(ago);
  job.running = running;
  return job;
}

core::BackupActivity facts(const std::vector<SyncTraces>& syncs) { return backup_facts(syncs, kOverlong, kNoon); }

}  // namespace

TEST_CASE("a source that says that it synchronises, of which nothing is there, is no backup under way") {
  CHECK_FALSE(facts({synchronizing()}).running);
  CHECK_FALSE(facts({}).running);
}

TEST_CASE("a mover Job that has not ended, a temporary volume and a temporary snapshot each are a backup under way") {
  SyncTraces sync = synchronizing();
  sync.mover = job(std::chrono::minutes{5});
  CHECK(facts({sync}).what == "Job volsync-src-data-backup");
  CHECK(facts({sync}).running);
  CHECK(facts({sync}).hopeless.empty());
  sync = synchronizing();
  sync.volume = made(std::chrono::minutes{5});
  CHECK(facts({sync}).running);
  CHECK(facts({sync}).what == "PersistentVolumeClaim volsync-data-backup-src");
  sync = synchronizing();
  sync.snapshot = made(std::chrono::minutes{5});
  CHECK(facts({sync}).running);
  CHECK(facts({sync}).what == "VolumeSnapshot volsync-data-backup-src");
}

TEST_CASE("a mover Job that has ended is none, and goes on counting with what it left") {
  SyncTraces sync = synchronizing();
  sync.mover = job(std::chrono::minutes{5}, false);
  sync.mover->complete = true;
  CHECK_FALSE(facts({sync}).running);
  sync.volume = made(std::chrono::minutes{6});
  CHECK(facts({sync}).running);
  CHECK(facts({sync}).hopeless.empty());
}

TEST_CASE("what is there for longer than a backup may last, or has failed, is hopeless, and its source is to go") {
  SyncTraces old = synchronizing(), failed = synchronizing(), failed_job = synchronizing();
  old.mover = job(std::chrono::minutes{5});
  old.snapshot = made(std::chrono::minutes{361});
  failed.mover = job(std::chrono::minutes{5});
  failed.object->status.mover_result = "Failed";
  failed_job.mover = job(std::chrono::minutes{5}, false);
  failed_job.volume = made(std::chrono::minutes{6});
  CHECK(facts({old}).hopeless == "it began at 2026-03-01T05:59:00Z");
  CHECK(facts({failed}).hopeless == "its last result is Failed");
  CHECK(facts({failed_job}).hopeless == "its mover Job has failed");
  for (const SyncTraces& sync : {old, failed, failed_job})
    CHECK(facts({sync}).remedy == "ReplicationSource data-backup");
  old.object.reset();
  CHECK(facts({old}).remedy == "Job volsync-src-data-backup");
}

TEST_CASE("of several sources one that may come to its end is waited for") {
  SyncTraces hopeless = synchronizing(), other = synchronizing();
  hopeless.mover = job(std::chrono::minutes{500});
  other.source = "by-hand";
  other.volume = made(std::chrono::minutes{5});
  for (const auto& syncs : {std::vector{hopeless, other}, std::vector{other, hopeless}}) {
    CHECK(facts(syncs).what == "PersistentVolumeClaim volsync-by-hand-src");
    CHECK(facts(syncs).hopeless.empty());
  }
}

TEST_CASE("the last of several ends is told, and another mover's than kopia's counts for nothing") {
  SyncTraces one = synchronizing(), later = synchronizing(), restic = synchronizing();
  one.object->status.last_sync = kNoon - std::chrono::hours{2};
  later.object->status.last_sync = kNoon - std::chrono::hours{1};
  restic.object->spec = R"({"sourcePVC":"data","restic":{}})";
  restic.object->status.last_sync = kNoon;
  restic.mover = job(std::chrono::minutes{5});
  CHECK(facts({one, restic, later}).last_finished == kNoon - std::chrono::hours{1});
  CHECK_FALSE(facts({one, restic, later}).running);
}

TEST_CASE("what a source has made counts also where the source itself has gone") {
  SyncTraces sync;
  sync.source = "data-backup";
  sync.mover = job(std::chrono::minutes{5});
  CHECK(facts({sync}).running);
}

TEST_CASE("a source backs a PVC up when it names it and its mover is kopia") {
  core::Observed source;
  source.spec = R"({"sourcePVC":"data","kopia":{"repository":"r"}})";
  CHECK(backs_up(source, "data"));
  CHECK_FALSE(backs_up(source, "data-2"));
  for (const char* spec : {R"({"sourcePVC":"data","restic":{}})", R"({"kopia":{}})", "{}", ""}) {
    source.spec = spec;
    CHECK_FALSE(backs_up(source, "data"));
  }
}

TEST_CASE("temporary volumes have the name that VolSync gives them") {
  CHECK(temporary_volume_name("data-backup") == "volsync-data-backup-src");
}
