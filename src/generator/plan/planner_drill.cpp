// Drills: restores that are rehearsed, into a temporary volume that nobody uses, one PVC at a time. What comes of one
// is written on the destination; then the drill goes, and its volume and snapshot with it.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/volsync/run_as.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/attempt.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"
#include "src/generator/plan/precondition.hpp"

namespace holdfast::generator {
namespace {

constexpr std::chrono::hours kTryAgain{24};  ///< one that failed; or sooner, where all are made more often
constexpr std::chrono::minutes kTurnAgain{5};
constexpr std::chrono::seconds kTurnSoon{5};  ///< somebody waits for it
constexpr std::size_t kMaxProblemBytes = 512;
constexpr int kMinutes = 60;

std::optional<core::Time> time_of(const std::string& text) { return core::parse_rfc3339(text); }

/// Another one for each drill.
std::string drill_token(std::string_view claim_uid, std::string_view snapshot, core::Time now) {
  return "drill-" + short_digest(fmt::format("{}/{}/{}", claim_uid, snapshot, core::format_nanoseconds(now)));
}

}  // namespace

void Planner::judge_drill() {
  const core::Observed* destination = object_of(view_, Part::Destination);
  DrillMark& mark = plan_.drill.last;
  if (is_ours(destination)) mark = drill_mark(*destination);
  if (mark.ended.empty() && begins_late()) mark.ended = core::format_seconds(now_);
  const core::Observed* run = object_of(view_, Part::Drill);
  if (!is_ours(run) || run->meta.deleting || is_strangers(run)) return;
  plan_.drill.token = manual_token(*run);
  plan_.drill.snapshot = value_of(run->meta.annotations, key::kDrillSnapshot);
  if (mark.token == plan_.drill.token) return;
  const auto problem = drill_problem(*run);
  plan_.drill.running = !problem;
  if (!problem) return;
  mark.token = plan_.drill.token;
  mark.ended = core::format_seconds(run->status.last_sync.value_or(now_));
  mark.problem = cut(one_line(*problem), kMaxProblemBytes);
  if (mark.problem.empty()) mark.verified = mark.ended;
  const std::string_view requested = value_of(run->meta.annotations, key::kDrillRequested);
  if (!requested.empty()) mark.made = requested;
  if (mark.problem.empty()) plan_.drill.grounds = grounds_of(read_mover_log(run->status.mover_logs));
  plan_.steps.push_back(mark.problem.empty() ? RestoreStep::DrillVerified : RestoreStep::DrillFailed);
}

/// By what a restore counts as arrived, too; nullopt: it is not over, or it is not known yet what came of it.
std::optional<std::string> Planner::drill_problem(const core::Observed& run) {
  const core::SyncStatus& status = run.status;
  const bool over = status.last_manual_sync == manual_token(run) && !status.sync_started;
  if (!over && status.mover_result == "Failed") return mover_failure(status);
  if (!over) {
    if (!is_due(run.meta.created, options_.overlong_sync)) return std::nullopt;
    return fmt::format("it was not done after {}", core::format_duration(options_.overlong_sync));
  }
  std::string problem = attempt_problem(status, plan_.drill.snapshot, view_.index_blobs);
  if (!problem.empty()) return problem;
  const auto source = identity_in(run);
  if (!source) return "somebody has changed the drill: it names no kopia source any more";
  const auto known = usable_catalog_since(view_, policy_, Part::Drill, run.end_seen);
  if (const auto* unmet = std::get_if<Precondition>(&known)) {
    hold(*unmet);
    return std::nullopt;
  }
  const auto snapshot = std::get<const core::Catalog*>(known)->find(*source, plan_.drill.snapshot);
  if (snapshot) return count_problem(read_mover_log(status.mover_logs), *snapshot);
  return fmt::format("snapshot {} left the repository meanwhile, so the mover may have restored an older one",
                     cut(plan_.drill.snapshot, 64));
}

void Planner::drill() {
  report_drills();
  const core::Observed* there = object_of(view_, Part::Drill);
  if (is_ours(there)) return end_drill(*there);
  const core::Observed* source = object_of(view_, Part::Source);
  if (!is_ours(source) || is_strangers(source) || view_.claim->phase != core::Claim::Phase::Bound) return;
  if (!is_ours(object_of(view_, Part::Destination))) return;  // what comes of it is written there
  std::string requested = requested_drill(*source);
  if (requested == plan_.drill.last.made) requested.clear();
  if (!is_drill_due(*source, requested) || !available(Part::Drill)) return;
  const bool waits = view_.other_drill || view_.drill_volume_left;
  if (waits) return look_again(now_ + (requested.empty() ? kTurnAgain : kTurnSoon));
  start_drill(requested);
}

/// When it is written what came of it, or nobody wants it any more.
void Planner::end_drill(const core::Observed& run) {
  if (run.meta.deleting || is_strangers(&run)) return;
  const core::Observed* destination = object_of(view_, Part::Destination);
  const bool can_be_written = is_ours(destination);
  const bool written = can_be_written && drill_mark(*destination).token == manual_token(run);
  const bool by_hand = run.meta.annotations.contains(key::kDrillRequested);
  const bool wanted = can_be_written && (by_hand || options_.drill_every.count() > 0);
  if (written || !wanted) remove(Part::Drill, run, "drill-done");
}

/// A part of the time between two, so that those of many PVCs do not fall together.
std::chrono::milliseconds Planner::first_drill() const {
  return options_.drill_every * (minute_of(view_.pvc) + 1) / kMinutes;
}

/// There are backups, and they began so long ago that a first drill would be overdue: drills begin now, with a version
/// or a setting, and not all of them at once.
bool Planner::begins_late() {
  const core::Observed* source = object_of(view_, Part::Source);
  if (options_.drill_every.count() == 0 || !is_ours(source) || !source->meta.created) return false;
  if (*source->meta.created + first_drill() + options_.drill_every > now_) return false;
  plan_.needs_evidence = plan_.needs_evidence || view_.evidence == nullptr;
  const auto catalog = usable_catalog(view_, policy_, Part::Drill);
  const auto* usable = std::get_if<const core::Catalog*>(&catalog);
  return usable != nullptr && (*usable)->newest(identity_);
}

/// When the last was verified; before the first, so that it comes within the time between two.
std::optional<core::Time> Planner::drilled_since(const core::Observed& source) const {
  const DrillMark& last = plan_.drill.last;
  if (const auto verified = time_of(last.verified)) return verified;
  const auto begun = time_of(last.ended);
  if (begun && !last.token.empty()) return begun;
  const auto since = begun ? begun : source.meta.created;
  return since ? std::optional(*since + first_drill() - options_.drill_every) : std::nullopt;
}

bool Planner::is_drill_due(const core::Observed& source, std::string_view requested) {
  if (!requested.empty()) return true;
  const auto since = drilled_since(source);
  if (options_.drill_every.count() == 0 || !since || stopped_by(source) == "paused") return false;
  core::Time due = *since + options_.drill_every;
  const auto ended = time_of(plan_.drill.last.ended);
  const auto pause = std::min<std::chrono::milliseconds>(kTryAgain, options_.drill_every);
  if (ended && !plan_.drill.last.problem.empty()) due = *ended + pause;
  look_again(due);
  return due <= now_;
}

void Planner::start_drill(std::string_view requested) {
  if (!movable(Part::Drill, identity_)) return;
  const auto catalog = usable_catalog(view_, policy_, Part::Drill);
  if (const auto* unmet = std::get_if<Precondition>(&catalog)) return hold(*unmet);
  const auto snapshot = std::get<const core::Catalog*>(catalog)->newest(identity_);
  if (!snapshot) {
    return hold(
        make_hold(Part::Drill, "NothingToDrill", "a restore can be rehearsed when there is a first complete backup"));
  }
  plan_.drill.token = drill_token(view_.claim->uid, snapshot->id, now_);
  plan_.drill.snapshot = snapshot->id;
  const RunWish wish{identity_, snapshot->start_time, plan_.drill.token, owner_of_root(*snapshot)};
  const std::size_t before = plan_.actions.size();
  settle(drill_object(subject(), wish, snapshot->id, requested));
  if (plan_.actions.size() > before) plan_.steps.push_back(RestoreStep::DrillStarted);
}

void Planner::report_drills() {
  const DrillMark& last = plan_.drill.last;
  if (!last.problem.empty()) {
    return hold(make_warning(Part::Drill, "DrillFailed",
                             "the rehearsed restore of {} did not bring what the backup holds: {}; holdfast tries "
                             "again within a day, `holdfast drill {} --wait` does so now",
                             last.ended, last.problem, to_string(view_.pvc)));
  }
  const core::Observed* source = object_of(view_, Part::Source);
  if (options_.drill_every.count() == 0 || !is_ours(source) || is_strangers(source)) return;
  if (last.ended.empty()) return;  // it comes, or it is seen that drills begin late
  const auto since = drilled_since(*source);
  if (!since || !is_due(*since, 2 * options_.drill_every)) return;
  hold(make_warning(Part::Drill, "DrillOverdue", "no restore of the PVC was rehearsed with success since {}: {}",
                    core::format_seconds(*since),
                    view_.drill_volume_left ? "the temporary volume of an earlier drill is still there"
                    : view_.other_drill     ? "the drill of another PVC is under way"
                                            : "see what its events say"));
}

}  // namespace holdfast::generator
