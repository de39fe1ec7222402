#include "src/generator/store/workloads.hpp"

#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Are = Users::Are;
using Is = kube::WatchState::Is;

namespace {

const core::PvcName kData{"media", "data"};

core::Job job(Part part = Part::Source, const std::string& owner_uid = "uid-of-source") {
  const std::string owner = part == Part::RestoreRun ? "data-restore" : "data-backup";
  core::Job job;
  job.meta.ns = "media";
  job.meta.name = mover_job_name(part, owner);
  job.meta.uid = "job-1";
  job.meta.labels = {{"app.kubernetes.io/created-by", "volsync"}};
  job.meta.owners = {{std::string(resource(part).kind), owner, owner_uid}};
  job.running = true;
  job.active = 1;
  job.ready = 1;
  job.backoff_limit = 8;
  job.started = kNoon;
  return job;
}

core::Pod pod(const std::string& name) {
  core::Pod pod;
  pod.meta.ns = "media";
  pod.meta.name = name;
  pod.meta.created = kNoon;
  return pod;
}

core::Pod mover_pod(const std::string& name, const std::string& job_uid = "job-1") {
  core::Pod mover = pod(name);
  mover.meta.labels = {{"app.kubernetes.io/created-by", "volsync"}};
  mover.meta.owners = {{"Job", "volsync-src-data-backup", job_uid}};
  return mover;
}

core::Pod user(const std::string& name, std::optional<std::int64_t> id, const std::string& claim = "data") {
  core::Pod using_it = pod(name);
  using_it.uses = {{claim, {id, id, {}}}};
  return using_it;
}

struct Refresher {
  Refresher() {
    source.meta.ns = "media";
    source.meta.name = "data-backup";
    source.meta.uid = "uid-of-source";
    source.meta.labels = {{std::string(key::kManagedBy), "holdfast"}};
    run = source;
    run.meta.name = "data-restore";
    run.meta.uid = "uid-of-run";
  }

  View view(const core::PvcName& pvc = kData) const {
    View view;
    view.pvc = pvc;
    view.objects = {{Part::Source, &source}, {Part::RestoreRun, &run}};
    workloads.add_to(view);
    return view;
  }
  Mover mover(Part part = Part::Source) const {
    const View seen = view();
    const auto found = seen.movers.find(part);
    return found == seen.movers.end() ? Mover{} : found->second;
  }
  bool has_mover(Part part = Part::Source) const { return view().movers.contains(part); }
  int told() { return std::exchange(told_, 0); }

  core::Observed source, run;
  int told_ = 0;
  Workloads workloads{[this](Family, const std::string&, const std::string&) { ++told_; },
                      [this](const core::PvcName&) { ++told_; }};
};

}  // namespace

TEST_CASE("VolSync's names of Jobs are found, those of long names too") {
  CHECK(mover_job_name(Part::Source, "data-backup") == "volsync-src-data-backup");
  CHECK(mover_job_name(Part::OffsiteSource, "x") == "volsync-src-x");
  CHECK(mover_job_name(Part::RestoreRun, "data-restore") == "volsync-dst-data-restore");
  CHECK(mover_job_name(Part::Secret, "x").empty());
  CHECK(mover_job_name(Part::Source, std::string(51, 'a')) == "volsync-src-" + std::string(51, 'a'));
  // By Go's hash/crc32.ChecksumIEEE.
  CHECK(mover_job_name(Part::Source, std::string(52, 'a')) == "volsync-src-b6af0329");
}

TEST_CASE("a mover's failed pods are known at once, and told once") {
  Refresher refresher;
  core::Job one = job();
  refresher.workloads.apply_job(one, kNoon);
  CHECK(refresher.told() == 1);
  CHECK(refresher.mover().failed == 0);
  one.failed = 2;
  refresher.workloads.apply_job(one, kNoon);
  refresher.workloads.apply_job(one, kNoon);
  CHECK(refresher.told() == 1);
  CHECK(refresher.mover().failed == 2);
  CHECK(refresher.mover().backoff_limit == 8);
  CHECK(refresher.mover().job == "volsync-src-data-backup");
  CHECK_FALSE(refresher.has_mover(Part::RestoreRun));
  refresher.workloads.remove_job("media", "volsync-src-data-backup");
  CHECK(refresher.told() == 1);
  CHECK_FALSE(refresher.has_mover());
}

TEST_CASE("a Job that is not VolSync's for this very object is not believed") {
  Refresher refresher;
  core::Job one = job();
  one.failed = 1;
  SECTION("no label") { one.meta.labels.clear(); }
  SECTION("another's label") { one.meta.labels["app.kubernetes.io/created-by"] = "helm"; }
  SECTION("another name") { one.meta.name = "volsync-src-other"; }
  SECTION("the name of a restore") { one.meta.name = "volsync-dst-data-backup"; }
  SECTION("another namespace") { one.meta.ns = "games"; }
  SECTION("no owner") { one.meta.owners.clear(); }
  SECTION("an owner of another kind") { one.meta.owners[0].kind = "CronJob"; }
  SECTION("an owner that is gone, and had the same name") { one.meta.owners[0].uid = "uid-before"; }
  SECTION("an object that is not ours") { refresher.source.meta.labels.clear(); }
  refresher.workloads.apply_job(one, kNoon);
  CHECK_FALSE(refresher.has_mover());
}

TEST_CASE("Jobs that a list does not bring again are gone, and all are when they may not be read") {
  Refresher refresher;
  refresher.workloads.apply_job(job(), kNoon);
  refresher.workloads.apply_job(job(Part::RestoreRun, "uid-of-run"), kNoon);
  refresher.workloads.begin_jobs_reset();
  refresher.workloads.apply_job(job(), kNoon);
  refresher.workloads.end_jobs_reset();
  CHECK(refresher.has_mover());
  CHECK_FALSE(refresher.has_mover(Part::RestoreRun));
  refresher.workloads.set_jobs_state({Is::Failing, "no answer"});
  CHECK(refresher.has_mover());
  refresher.workloads.set_jobs_state({Is::Forbidden, "no"});
  CHECK_FALSE(refresher.has_mover());
}

TEST_CASE("a mover without a pod at work is idle since its Job began; one that ends is so since now") {
  Refresher refresher;
  core::Job one = job();
  const auto later = kNoon + std::chrono::hours{1};
  one.ready = 0;
  refresher.workloads.apply_job(one, later);
  CHECK(refresher.mover().idle_since == kNoon);
  one.failed = 1;
  refresher.workloads.apply_job(one, later + std::chrono::minutes{1});
  CHECK(refresher.mover().idle_since == kNoon);
  one.ready = 1;
  refresher.workloads.apply_job(one, later);
  CHECK_FALSE(refresher.mover().idle_since);
  one.ready = 0;
  refresher.workloads.apply_job(one, later);
  CHECK(refresher.mover().idle_since == later);
  one.active = 0;
  refresher.workloads.apply_job(one, later + std::chrono::minutes{1});
  CHECK(refresher.mover().idle_since == later);
  one.active = 1;
  one.ready.reset();
  refresher.workloads.apply_job(one, later);
  CHECK_FALSE(refresher.mover().idle_since);
}

TEST_CASE("a Job whose pods are refused has none, and is idle since it began; one that has ended is not") {
  Refresher refresher;
  core::Job refused = job();
  refused.active = 0;
  refused.ready.reset();
  refresher.workloads.apply_job(refused, kNoon + std::chrono::hours{1});
  CHECK(refresher.mover().idle_since == kNoon);
  CHECK(refresher.mover().stuck_since == kNoon);
  CHECK_FALSE(refresher.mover().ended);
  core::Job failed = refused;
  failed.ended = true;
  failed.failure = "BackoffLimitExceeded: Job has reached the specified backoff limit";
  refresher.workloads.apply_job(failed, kNoon + std::chrono::hours{1});
  CHECK_FALSE(refresher.mover().idle_since);
  CHECK(refresher.mover().ended);
  CHECK_THAT(refresher.mover().failure, Catch::StartsWith("BackoffLimitExceeded"));
}

TEST_CASE("a Job whose pod has succeeded is at work until VolSync has seen to it") {
  core::Job one = job();
  one.active = 0;
  one.ready = 0;
  CHECK_FALSE(core::is_at_work(one));
  one.succeeded = 1;
  CHECK(core::is_at_work(one));
  one.ended = one.complete = true;
  CHECK(core::is_at_work(one));
  one.succeeded = 0;
  one.complete = false;
  CHECK_FALSE(core::is_at_work(one));
}

TEST_CASE("that there is no Job says something only while the watch of them is current") {
  Refresher refresher;
  CHECK_FALSE(refresher.view().movers_known);
  refresher.workloads.set_jobs_state({Is::Current, ""});
  CHECK(refresher.view().movers_known);
  const Is is = GENERATE(Is::Failing, Is::Forbidden, Is::Absent, Is::Starting);
  refresher.workloads.set_jobs_state({is, "no answer"});
  CHECK_FALSE(refresher.view().movers_known);
}

TEST_CASE("a stray's Job is known too, by the stray's own name") {
  Refresher refresher;
  core::Observed old = refresher.source;
  old.meta.name = "data";
  old.meta.uid = "uid-of-old";
  core::Job one = job(Part::Source, "uid-of-old");
  one.meta.name = mover_job_name(Part::Source, "data");
  one.meta.owners[0].name = "data";
  one.failed = 2;
  refresher.workloads.apply_job(one, kNoon);
  View view;
  view.pvc = kData;
  view.strays.emplace_back(Part::Source, &old);
  refresher.workloads.add_to(view);
  CHECK(view.movers.empty());
  REQUIRE(view.stray_movers.contains("data"));
  CHECK(view.stray_movers.at("data").failed == 2);
}

TEST_CASE("the Job's own pods say how the last one failed, and what the next one waits for") {
  Refresher refresher;
  core::Pod first = mover_pod("a"), second = mover_pod("b"), third = mover_pod("c"), old = mover_pod("d", "job-0");
  first.failure = "the first";
  second.failure = "the second";
  second.meta.created = kNoon + std::chrono::minutes{1};
  third.waiting = "ImagePullBackOff";
  third.stuck = true;
  third.meta.created = kNoon + std::chrono::minutes{2};
  first.over = second.over = true;
  old.failure = "long ago";
  old.meta.created = kNoon + std::chrono::minutes{3};
  for (const core::Pod& one : {second, first, third, old}) refresher.workloads.apply_pod(one);
  refresher.workloads.apply_job(job(), kNoon);
  CHECK(refresher.mover().failure == "the second");
  CHECK(refresher.mover().waiting == "ImagePullBackOff");
  CHECK(refresher.mover().stuck_since == third.meta.created);
  refresher.told();
  refresher.workloads.remove_pod("media", "c");
  CHECK(refresher.told() == 1);
  CHECK(refresher.mover().waiting.empty());
  CHECK_FALSE(refresher.mover().stuck_since);
}

TEST_CASE("of a Job with any number of pods only so many are kept") {
  Refresher refresher;
  refresher.workloads.apply_job(job(), kNoon);
  refresher.told();
  for (int i = 0; i < 100; ++i) {
    core::Pod pod = mover_pod("p" + std::to_string(i));
    pod.failure = pod.meta.name;
    pod.meta.created = kNoon + std::chrono::seconds{i};
    refresher.workloads.apply_pod(pod);
    refresher.workloads.apply_pod(pod);
  }
  CHECK(refresher.told() == 16);
  CHECK(refresher.mover().failure == "p15");
}

TEST_CASE("whom the pods of a PVC run as is known when they agree") {
  Refresher refresher;
  CHECK(refresher.view().users.are == Are::Unknown);
  refresher.workloads.apply_pod(user("a", 568));
  CHECK(refresher.view().users.are == Are::Unknown);
  refresher.workloads.set_pods_state({Is::Current, ""});
  CHECK(refresher.view().users == Users{Are::Alike, {568, 568, {}}});
  CHECK(refresher.view({"media", "more"}).users.are == Are::None);
  CHECK(refresher.view({"games", "data"}).users.are == Are::None);

  refresher.told();
  refresher.workloads.apply_pod(user("b", 568));
  CHECK(refresher.told() == 0);
  refresher.workloads.apply_pod(user("c", 1000));
  CHECK(refresher.view().users.are == Are::Different);
  CHECK(refresher.told() == 1);
  core::Pod ended = user("c", 1000);
  ended.over = true;
  refresher.workloads.apply_pod(ended);
  CHECK(refresher.view().users.are == Are::Alike);
  refresher.workloads.apply_pod(user("d", std::nullopt));
  CHECK(refresher.view().users.are == Are::Different);
}

TEST_CASE("a mover is no user of what it backs up") {
  Refresher refresher;
  refresher.workloads.set_pods_state({Is::Current, ""});
  core::Pod mover = mover_pod("m");
  mover.uses = {{"data", {65532, {}, {}}}};
  refresher.workloads.apply_pod(mover);
  CHECK(refresher.view().users.are == Are::None);
}

TEST_CASE("pods that a list does not bring again are gone, and all are when they may not be read") {
  Refresher refresher;
  refresher.workloads.set_pods_state({Is::Current, ""});
  refresher.workloads.apply_pod(user("a", 568));
  refresher.workloads.apply_pod(user("b", 1000));
  refresher.workloads.begin_pods_reset();
  refresher.workloads.apply_pod(user("a", 568));
  refresher.workloads.end_pods_reset();
  CHECK(refresher.view().users.are == Are::Alike);
  refresher.workloads.set_pods_state({Is::Failing, "no answer"});
  CHECK(refresher.view().users.are == Are::Alike);
  refresher.workloads.set_pods_state({Is::Forbidden, "no"});
  CHECK(refresher.view().users.are == Are::Unknown);
}
