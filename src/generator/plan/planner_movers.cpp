// How movers fare, and those that do not get on: VolSync itself says so only when it has spent all of a Job's tries,
// which takes it about twenty minutes.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "holdfast/volsync/run_as.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kMaxWordsBytes = 320;
constexpr std::size_t kMaxErrorBytes = 512;

std::string look_at(const View& view, const Mover& mover, std::string_view how) {
  return fmt::format("look at: kubectl -n {} {}{}", view.pvc.ns, how, mover.job);
}

std::string times(std::int64_t number) { return number == 1 ? "once" : fmt::format("{} times", number); }

std::string_view work_of(Part part) {
  if (part == Part::RestoreRun) return "the restore";
  return part == Part::Drill ? "the drill" : "a backup";
}

using SyncIs = Sync::Is;

/// Of a Job that is there. One that is complete is VolSync's to see to: of a restore the image is made just then.
bool may_work(const Mover& mover) { return mover.complete || (!mover.ended && !mover.idle_since); }

/// When nothing that works counts as a sync that does not get on by itself; nullopt: it does not.
std::optional<core::Time> stuck_at(const core::Observed& object, const Mover* mover) {
  const core::SyncStatus& status = object.status;
  if (status.mover_result == "Failed" || (mover != nullptr && mover->failed > 0)) return core::Time::min();
  std::optional<core::Time> at;
  if (mover != nullptr && !mover->ended) at = late_at(*mover);
  // Before there is a Job: the volume's snapshot, and a volume of that.
  if (mover == nullptr && status.sync_started) at = *status.sync_started + kIdle;
  if (!status.error.empty() && status.error_since) at = std::min(at.value_or(core::Time::max()), *status.error_since);
  return at;
}

}  // namespace

std::optional<core::Time> late_at(const Mover& mover) {
  std::optional<core::Time> at;
  if (mover.idle_since) at = *mover.idle_since + kIdle;
  if (mover.stuck_since) at = std::min(at.value_or(core::Time::max()), *mover.stuck_since + kStuck);
  return at;
}

Sync sync_of(const core::Observed& object, const Mover* mover, bool movers_known, const Options& options,
             core::Time now) {
  if (!is_synchronizing(object)) return {SyncIs::None, {}};
  std::optional<core::Time> next;
  if (object.status.sync_started) next = *object.status.sync_started + options.overlong_sync;
  if (next && *next <= now) return {SyncIs::Overlong, {}};
  if (!movers_known) {
    const core::Time soon = now + kStuck;
    return {SyncIs::Working, std::min(next.value_or(soon), soon)};
  }
  if (mover != nullptr && may_work(*mover)) return {SyncIs::Working, next};
  const auto stuck = stuck_at(object, mover);
  if (stuck && *stuck <= now) return {SyncIs::Stuck, {}};
  if (stuck) next = std::min(next.value_or(*stuck), *stuck);
  return {SyncIs::Working, next};
}

Sync Planner::sync(Part part, const core::Observed& object) const {
  const Mover* mover = nullptr;
  if (&object == object_of(view_, part)) {
    const auto found = view_.movers.find(part);
    if (found != view_.movers.end()) mover = &found->second;
  } else if (const auto stray = view_.stray_movers.find(object.meta.name); stray != view_.stray_movers.end()) {
    mover = &stray->second;
  }
  return sync_of(object, mover, view_.movers_known, options_, now_);
}

std::string Planner::idle_job(Part part, const core::Observed& object) const {
  return sync(part, object).is == Sync::Is::Stuck ? mover_job_name(part, object.meta.name) : std::string();
}

void Planner::look_again(std::optional<core::Time> at) {
  if (!at || *at <= now_) return;
  plan_.look_again = plan_.look_again ? std::min(*plan_.look_again, *at) : *at;
}

void Planner::movers() {
  look_at_errors();
  for (const auto& [part, mover] : view_.movers) {
    if (mover.complete || is_strangers(object_of(view_, part))) continue;
    if (mover.failed > 0)
      report_failing_mover(part, mover);
    else
      report_idle_mover(part, mover);
  }
}

/// For a security context that goes by them.
void Planner::look_at_users(const BackupLayer& settings) {
  if (!options_.pod_insight || !is_automatic(settings)) return;
  const core::Observed* source = object_of(view_, Part::Source);
  const std::string* kept = is_ours(source) ? core::lookup(source->meta.annotations, key::kUsers) : nullptr;
  const bool none = view_.users.are == Users::Are::Unknown || view_.users.are == Users::Are::None;
  // Scaled down, the application is the same one still: backups do not change hands with every pause.
  users_ = none && kept != nullptr ? read_runs_as(*kept) : view_.users.as;
  const std::string unclear = takes_any_user(options_.repository) ? unclear_users(view_.users) : "";
  if (unclear.empty()) return;
  hold(make_hold(Part::Source, "RunAsUnclear",
                 fmt::format("movers of the PVC back up as the settings say, although those say auto: {}", unclear)));
}

const StorageDrivers& Planner::drivers() const {
  static const StorageDrivers kNotKnown;
  return view_.drivers == nullptr ? kNotKnown : *view_.drivers;
}

bool Planner::waits_for_classes(Part part) const {
  return !can_judge_classes_ && part != Part::Secret && part != Part::OffsiteSecret;
}

/// That a setting for all PVCs does not fit one of them is as it should be; what is set for this one was meant.
void Planner::look_at_classes(const BackupLayer& settings) {
  can_judge_classes_ = can_judge(*view_.claim, settings, drivers());
  if (!can_judge_classes_) {
    return hold(make_hold(Part::Source, "StorageClassUnfit",
                          "backups and restores of the PVC are not written: the API server has not said yet which "
                          "StorageClasses and VolumeSnapshotClasses there are, by which the set ones are judged"));
  }
  const std::string problem = backup_classes(*view_.claim, settings, &drivers()).problem;
  if (problem.empty()) return;
  const core::StringMap& annotations = view_.claim->pvc.annotations;
  const bool meant = annotations.contains(key::kStorageClass) || annotations.contains(key::kSnapshotClass);
  hold(make_hold(Part::Source, "StorageClassUnfit",
                 fmt::format("a set class is left out for this PVC: {}; a volume can be made from a snapshot only by "
                             "the driver that took it, so the PVC's own class and its driver's default "
                             "VolumeSnapshotClass are used",
                             cut(one_line(problem), 640)),
                 meant));
}

void Planner::report_failing_mover(Part part, const Mover& mover) {
  const std::string words = mover.failure.empty() ? "" : "; last: " + cut(one_line(mover.failure), kMaxWordsBytes);
  const std::string waits = mover.waiting.empty() ? "" : "; now: " + cut(one_line(mover.waiting), kMaxWordsBytes);
  hold(make_warning(part, "MoverFailing",
                    "{} goes on failing: the mover has failed {} (of {} tries), VolSync tries again by itself{}{}; {}",
                    work_of(part), times(mover.failed), mover.backoff_limit + 1, words, waits,
                    look_at(view_, mover, "logs job/")));
}

/// Whatever else there is to see: VolSync itself says why it cannot go on, such as a Secret that is not there.
void Planner::look_at_errors() {
  for (const Part part : {Part::RestoreRun, Part::Source, Part::OffsiteSource, Part::Drill}) {
    const core::Observed* object = object_of(view_, part);
    if (!is_ours(object) || is_strangers(object) || object->meta.deleting || object->status.error.empty()) continue;
    // Many pass before anybody could look.
    const core::Time due = object->status.error_since.value_or(now_) + kStuck;
    if (due > now_) {
      look_again(due);
      continue;
    }
    hold(make_warning(part, "VolSyncError", "{} does not go on since {}: VolSync says of {} {}: {}", work_of(part),
                      core::format_seconds(due - kStuck), resource(part).kind, object->meta.name,
                      cut(one_line(object->status.error), kMaxErrorBytes)));
  }
}

/// What others say of an object, as a part of a sentence; nullopt: that is only being asked, so nothing is said yet.
std::optional<std::string> Planner::quote(std::string_view kind, const std::string& name) {
  if (view_.events == nullptr) return "";
  const EventsOf of{std::string(kind), view_.pvc.ns, name};
  plan_.quotes.push_back(of);
  const auto known = view_.events->find(of);
  if (known == view_.events->end()) return std::nullopt;
  return known->second.empty() ? "" : fmt::format("; its last warning: {}", cut(known->second, kMaxWordsBytes));
}

/// Of one that has not failed, because it does not even begin.
void Planner::report_idle_mover(Part part, const Mover& mover) {
  const auto due = late_at(mover);
  if (!due) return;
  if (*due > now_) return look_again(due);
  // A Job whose pods are refused says so by an Event alone.
  const auto said = mover.waiting.empty() ? quote(kube::kJobs.kind, mover.job) : "";
  if (!said) return;
  const std::string words =
      mover.waiting.empty() ? *said : "; it waits for " + cut(one_line(mover.waiting), kMaxWordsBytes);
  hold(make_warning(part, "MoverNotStarted", "{} does not begin: its mover has no pod at work{}; {}", work_of(part),
                    words, look_at(view_, mover, "describe pods -l job-name=")));
}

}  // namespace holdfast::generator
