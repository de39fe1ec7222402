// Movers that do not get on: VolSync itself says so only when it has spent all of a Job's tries, which takes it about
// twenty minutes.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "holdfast/generator/run_as.hpp"
#include "src/generator/hold.hpp"
#include "src/generator/planner.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kMaxWordsBytes = 320;
/// A pod that says that it does not begin is believed after this time: a Secret or a volume may be just about to come.
constexpr std::chrono::minutes kStuck{1};
/// Nothing says so; but an image to pull or a volume to make from a snapshot seldom take as long.
constexpr std::chrono::minutes kIdle{10};

std::string look_at(const View& view, const Mover& mover, std::string_view how) {
  return fmt::format("look at: kubectl -n {} {}{}", view.pvc.ns, how, mover.job);
}

std::string times(std::int64_t number) { return number == 1 ? "once" : fmt::format("{} times", number); }

}  // namespace

void Planner::movers() {
  for (const auto& [part, mover] : view_.movers) {
    if (mover.complete || is_strangers(object_of(view_, part))) continue;
    if (mover.failed > 0)
      report_failing_mover(part, mover);
    else
      report_idle_mover(part, mover);
  }
}

/// For a security context that goes by them.
void Planner::look_at_users() {
  if (!options_.pod_insight || !is_automatic(backup_of(*view_.claim, plan_.protection.tier, options_).settings)) return;
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
void Planner::look_at_classes() {
  const BackupLayer settings = backup_of(*view_.claim, plan_.protection.tier, options_).settings;
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
  Hold left_out =
      make_hold(Part::Source, "StorageClassUnfit",
                fmt::format("a set class is left out for this PVC: {}; a volume can be made from a snapshot "
                            "only by the driver that took it, so the PVC's own class and its driver's "
                            "default VolumeSnapshotClass are used",
                            cut(one_line(problem), 640)));
  left_out.warning = meant;
  hold(std::move(left_out));
}

void Planner::report_failing_mover(Part part, const Mover& mover) {
  const std::string words = mover.failure.empty() ? "" : "; last: " + cut(one_line(mover.failure), kMaxWordsBytes);
  const std::string waits = mover.waiting.empty() ? "" : "; now: " + cut(one_line(mover.waiting), kMaxWordsBytes);
  hold(make_warning(part, "MoverFailing",
                    fmt::format("{} goes on failing: the mover has failed {} (of {} tries), VolSync tries again by "
                                "itself{}{}; {}",
                                part == Part::Run ? "the restore" : "a backup", times(mover.failed),
                                mover.backoff_limit + 1, words, waits, look_at(view_, mover, "logs job/"))));
}

/// Of one that has not failed, because it does not even begin.
void Planner::report_idle_mover(Part part, const Mover& mover) {
  std::optional<core::Time> due;
  if (mover.idle_since) due = *mover.idle_since + kIdle;
  if (mover.stuck_since) due = std::min(due.value_or(core::Time::max()), *mover.stuck_since + kStuck);
  if (!due) return;
  if (*due > now_) {
    plan_.look_again = plan_.look_again ? std::min(*plan_.look_again, *due) : *due;
    return;
  }
  const std::string words =
      mover.waiting.empty() ? "" : "; it waits for " + cut(one_line(mover.waiting), kMaxWordsBytes);
  hold(make_warning(part, "MoverNotStarted",
                    fmt::format("{} does not begin: its mover has no pod at work{}; {}",
                                part == Part::Run ? "the restore" : "a backup", words,
                                look_at(view_, mover, "describe pods -l job-name="))));
}

}  // namespace holdfast::generator
