#include "src/generator/workloads.hpp"

#include "tests/unit/generator/model.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Are = Users::Are;
using Is = kube::WatchState::Is;

namespace {

const core::PvcName kData{"media", "data"};

core::Job job(Part part = Part::Source, const std::string& owner_uid = "uid-of-source") {
  const std::string owner = part == Part::Run ? "data-restore" : "data-backup";
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

struct Desk {
  Desk() {
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
    view.objects = {{Part::Source, &source}, {Part::Run, &run}};
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
  CHECK(mover_job_name(Part::Run, "data-restore") == "volsync-dst-data-restore");
  CHECK(mover_job_name(Part::Secret, "x").empty());
  CHECK(mover_job_name(Part::Source, std::string(51, 'a')) == "volsync-src-" + std::string(51, 'a'));
  // By Go's hash/crc32.ChecksumIEEE.
  CHECK(mover_job_name(Part::Source, std::string(52, 'a')) == "volsync-src-b6af0329");
}

TEST_CASE("a mover's failed pods are known at once, and told once") {
  Desk desk;
  core::Job one = job();
  desk.workloads.apply_job(one, kNoon);
  CHECK(desk.told() == 1);
  CHECK(desk.mover().failed == 0);
  one.failed = 2;
  desk.workloads.apply_job(one, kNoon);
  desk.workloads.apply_job(one, kNoon);
  CHECK(desk.told() == 1);
  CHECK(desk.mover().failed == 2);
  CHECK(desk.mover().backoff_limit == 8);
  CHECK(desk.mover().job == "volsync-src-data-backup");
  CHECK_FALSE(desk.has_mover(Part::Run));
  desk.workloads.remove_job("media", "volsync-src-data-backup");
  CHECK(desk.told() == 1);
  CHECK_FALSE(desk.has_mover());
}

TEST_CASE("a Job that is not VolSync's for this very object is not believed") {
  Desk desk;
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
  SECTION("an object that is not ours") { desk.source.meta.labels.clear(); }
  desk.workloads.apply_job(one, kNoon);
  CHECK_FALSE(desk.has_mover());
}

TEST_CASE("Jobs that a list does not bring again are gone, and all are when they may not be read") {
  Desk desk;
  desk.workloads.apply_job(job(), kNoon);
  desk.workloads.apply_job(job(Part::Run, "uid-of-run"), kNoon);
  desk.workloads.begin_jobs_reset();
  desk.workloads.apply_job(job(), kNoon);
  desk.workloads.end_jobs_reset();
  CHECK(desk.has_mover());
  CHECK_FALSE(desk.has_mover(Part::Run));
  desk.workloads.set_jobs_state({Is::Failing, "no answer"});
  CHECK(desk.has_mover());
  desk.workloads.set_jobs_state({Is::Forbidden, "no"});
  CHECK_FALSE(desk.has_mover());
}

TEST_CASE("a mover without a pod at work is idle since its Job began; one that ends is so since now") {
  Desk desk;
  core::Job one = job();
  const auto later = kNoon + std::chrono::hours{1};
  one.ready = 0;
  desk.workloads.apply_job(one, later);
  CHECK(desk.mover().idle_since == kNoon);
  one.failed = 1;
  desk.workloads.apply_job(one, later + std::chrono::minutes{1});
  CHECK(desk.mover().idle_since == kNoon);
  one.ready = 1;
  desk.workloads.apply_job(one, later);
  CHECK_FALSE(desk.mover().idle_since);
  one.ready = 0;
  desk.workloads.apply_job(one, later);
  CHECK(desk.mover().idle_since == later);
  one.active = 0;
  desk.workloads.apply_job(one, later + std::chrono::minutes{1});
  CHECK(desk.mover().idle_since == later);
  one.active = 1;
  one.ready.reset();
  desk.workloads.apply_job(one, later);
  CHECK_FALSE(desk.mover().idle_since);
}

TEST_CASE("a Job whose pods are refused has none, and is idle since it began; one that has ended is not") {
  Desk desk;
  core::Job refused = job();
  refused.active = 0;
  refused.ready.reset();
  desk.workloads.apply_job(refused, kNoon + std::chrono::hours{1});
  CHECK(desk.mover().idle_since == kNoon);
  CHECK(desk.mover().stuck_since == kNoon);
  CHECK_FALSE(desk.mover().ended);
  core::Job failed = refused;
  failed.ended = true;
  failed.failure = "BackoffLimitExceeded: Job has reached the specified backoff limit";
  desk.workloads.apply_job(failed, kNoon + std::chrono::hours{1});
  CHECK_FALSE(desk.mover().idle_since);
  CHECK(desk.mover().ended);
  CHECK_THAT(desk.mover().failure, Catch::StartsWith("BackoffLimitExceeded"));
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
  Desk desk;
  CHECK_FALSE(desk.view().movers_known);
  desk.workloads.set_jobs_state({Is::Current, ""});
  CHECK(desk.view().movers_known);
  const Is is = GENERATE(Is::Failing, Is::Forbidden, Is::Absent, Is::Starting);
  desk.workloads.set_jobs_state({is, "no answer"});
  CHECK_FALSE(desk.view().movers_known);
}

TEST_CASE("a stray's Job is known too, by the stray's own name") {
  Desk desk;
  core::Observed old = desk.source;
  old.meta.name = "data";
  old.meta.uid = "uid-of-old";
  core::Job one = job(Part::Source, "uid-of-old");
  one.meta.name = mover_job_name(Part::Source, "data");
  one.meta.owners[0].name = "data";
  one.failed = 2;
  desk.workloads.apply_job(one, kNoon);
  View view;
  view.pvc = kData;
  view.strays.emplace_back(Part::Source, &old);
  desk.workloads.add_to(view);
  CHECK(view.movers.empty());
  REQUIRE(view.stray_movers.contains("data"));
  CHECK(view.stray_movers.at("data").failed == 2);
}

TEST_CASE("the Job's own pods say how the last one failed, and what the next one waits for") {
  Desk desk;
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
  for (const core::Pod& one : {second, first, third, old}) desk.workloads.apply_pod(one);
  desk.workloads.apply_job(job(), kNoon);
  CHECK(desk.mover().failure == "the second");
  CHECK(desk.mover().waiting == "ImagePullBackOff");
  CHECK(desk.mover().stuck_since == third.meta.created);
  desk.told();
  desk.workloads.remove_pod("media", "c");
  CHECK(desk.told() == 1);
  CHECK(desk.mover().waiting.empty());
  CHECK_FALSE(desk.mover().stuck_since);
}

TEST_CASE("of a Job with any number of pods only so many are kept") {
  Desk desk;
  desk.workloads.apply_job(job(), kNoon);
  desk.told();
  for (int i = 0; i < 100; ++i) {
    core::Pod pod = mover_pod("p" + std::to_string(i));
    pod.failure = pod.meta.name;
    pod.meta.created = kNoon + std::chrono::seconds{i};
    desk.workloads.apply_pod(pod);
    desk.workloads.apply_pod(pod);
  }
  CHECK(desk.told() == 16);
  CHECK(desk.mover().failure == "p15");
}

TEST_CASE("whom the pods of a PVC run as is known when they agree") {
  Desk desk;
  CHECK(desk.view().users.are == Are::Unknown);
  desk.workloads.apply_pod(user("a", 568));
  CHECK(desk.view().users.are == Are::Unknown);
  desk.workloads.set_pods_state({Is::Current, ""});
  CHECK(desk.view().users == Users{Are::Alike, {568, 568, {}}});
  CHECK(desk.view({"media", "more"}).users.are == Are::None);
  CHECK(desk.view({"games", "data"}).users.are == Are::None);

  desk.told();
  desk.workloads.apply_pod(user("b", 568));
  CHECK(desk.told() == 0);
  desk.workloads.apply_pod(user("c", 1000));
  CHECK(desk.view().users.are == Are::Different);
  CHECK(desk.told() == 1);
  core::Pod ended = user("c", 1000);
  ended.over = true;
  desk.workloads.apply_pod(ended);
  CHECK(desk.view().users.are == Are::Alike);
  desk.workloads.apply_pod(user("d", std::nullopt));
  CHECK(desk.view().users.are == Are::Different);
}

TEST_CASE("a mover is no user of what it backs up") {
  Desk desk;
  desk.workloads.set_pods_state({Is::Current, ""});
  core::Pod mover = mover_pod("m");
  mover.uses = {{"data", {65532, {}, {}}}};
  desk.workloads.apply_pod(mover);
  CHECK(desk.view().users.are == Are::None);
}

TEST_CASE("pods that a list does not bring again are gone, and all are when they may not be read") {
  Desk desk;
  desk.workloads.set_pods_state({Is::Current, ""});
  desk.workloads.apply_pod(user("a", 568));
  desk.workloads.apply_pod(user("b", 1000));
  desk.workloads.begin_pods_reset();
  desk.workloads.apply_pod(user("a", 568));
  desk.workloads.end_pods_reset();
  CHECK(desk.view().users.are == Are::Alike);
  desk.workloads.set_pods_state({Is::Failing, "no answer"});
  CHECK(desk.view().users.are == Are::Alike);
  desk.workloads.set_pods_state({Is::Forbidden, "no"});
  CHECK(desk.view().users.are == Are::Unknown);
}
