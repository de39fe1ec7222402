// The making of one plan: a pass over the parts of one PVC in the order in which they may be written.
// Belongs to one call of make_plan(); the functions are pure.
#pragma once

#include <optional>
#include <string_view>

#include "holdfast/generator/plan.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/generator/plan/precondition.hpp"

namespace holdfast::generator {

// How a backup or restore that VolSync is in the middle of stands, as far as a change of its object goes: VolSync puts
// every change into the mover's Job at once, and a Job that must be another one is deleted, whatever it is at. But a
// sync ends with a success only, so one that fails would keep the very setting that makes it fail. Source: VolSync's
// internal/controller/statemachine/machine.go, utils/reconcile.go.

/// A pod that says that it does not begin is believed after this time: a Secret or a volume may be just about to come.
inline constexpr std::chrono::minutes kStuck{1};
/// Nothing says so; but an image to pull or a volume to make from a snapshot seldom take as long.
inline constexpr std::chrono::minutes kIdle{10};

struct Sync {
  enum class Is {
    Working,   ///< or it may be: a change would tear it
    Stuck,     ///< nothing of it works, and that does not change by itself
    Overlong,  ///< it lasts longer than any should, whatever works there
    None       ///< there is none under way
  };
  Is is = Is::Working;
  std::optional<core::Time> until;  ///< of Working: look again then at the latest
  bool may_change() const { return is != Is::Working; }
};

/// `mover`: the Job of `object`, or nullptr: there is none.
Sync sync_of(const core::Observed& object, const Mover* mover, bool movers_known, const Options& options,
             core::Time now);

/// When a mover that has not failed, and has no pod at work, counts as one that does not begin; nullopt: it works.
std::optional<core::Time> late_at(const Mover& mover);

class Planner {
 public:
  Planner(const View& view, const core::Policy& policy, const Options& options, core::Time now)
      : view_(view), policy_(policy), options_(options), now_(now) {}

  Plan make();

 private:
  // The course: planner.cpp.
  void without_claim();
  void with_claim();
  void for_protected_claim();
  void warn_of_protection();
  bool asked_for_backups() const;
  void decide_when_to_look_again();

  // What is written: planner_parts.cpp.
  void secret();
  void hold_secret(std::string_view why);
  void destination();
  void source();
  Object wanted_source(const core::Observed* there) const;
  void existing_source(const core::Observed& there, const Object& wanted);
  bool report_rivals(const core::Observed* there);
  void report_stopped(Part part, const core::Observed& source);
  void offsite();
  void offsite_source();
  VerifiedMark mark_to_carry();
  bool waits_for_a_run() const;
  /// Writes what is wanted unless it is there, on its way out, or another's. `idle_job`: as that of Apply.
  void settle(Object wanted, std::string idle_job = {});
  void hold_foreign(Part part, const core::Observed& there);
  void apply(Object wanted, const core::Observed* there, std::string idle_job);

  // What changes hands: planner_adoption.cpp.
  /// What of others the standing of `object` goes by.
  Adopts adopts(const core::Observed* object) const;
  /// It changes hands together or not at all, since movers of one part use the others: which part stays as it is for
  /// now; nullopt: none.
  std::optional<Part> stays_theirs() const;
  bool source_stays_theirs(const core::Observed& source) const;
  /// Taken over, its movers would look for the repository where their Secret does not have it.
  bool leads_elsewhere(const core::Observed& source) const;
  bool is_read_by_others(const core::Observed* secret) const;
  void take_their_image_off();
  void adopt_source_first();
  void disown();
  /// `other`: the part that stays.
  void hold_adoption(Part part, Part other);
  void hold_restoring(const core::Observed& destination);

  // The restore: planner_restore.cpp.
  void run();
  void start_run(int attempt);
  bool waits_for_volume();
  void correct_run();
  std::optional<Object> wanted_run(int attempt);
  void wait_for_proof();
  void report_unverified();
  void report_gone_snapshot(const OpenPromise& promise, const core::Catalog& catalog, std::string_view accept);
  void report_missing_promise();
  void publish();
  bool waits_for_fitting_image(const core::Image& image);
  bool waits_for_memory(const core::Observed& destination);
  void close();
  std::optional<core::Image> rightful_image() const;

  // The rehearsal of restores: planner_drill.cpp.
  /// Finds out what the destination is to say of drills: `last` of the plan's.
  void judge_drill();
  std::optional<std::string> drill_problem(const core::Observed& run);
  void drill();
  void end_drill(const core::Observed& run);
  bool is_drill_due(const core::Observed& source, std::string_view requested);
  void start_drill(std::string_view requested);
  void report_drills();
  std::chrono::milliseconds first_drill() const;
  bool begins_late();
  std::optional<core::Time> drilled_since(const core::Observed& source) const;

  // How the movers fare: planner_movers.cpp.
  Sync sync(Part part, const core::Observed& object) const;
  /// What has to be idle for a change of the object; empty: nothing.
  std::string idle_job(Part part, const core::Observed& object) const;
  void look_again(std::optional<core::Time> at);
  void movers();
  void look_at_errors();
  void look_at_users(const BackupLayer& settings);
  void look_at_classes(const BackupLayer& settings);
  void report_failing_mover(Part part, const Mover& mover);
  std::optional<std::string> quote(std::string_view kind, const std::string& name);
  void report_idle_mover(Part part, const Mover& mover);

  // What takes too long: planner_overdue.cpp.
  void report_overdue();
  std::optional<std::string> overdue_open();
  std::optional<std::string> overdue_running();
  std::optional<std::string> overdue_end();
  std::optional<std::string> overdue_published();
  bool is_due(std::optional<core::Time> since, std::chrono::milliseconds deadline);
  bool is_wanted_now() const;
  /// What the repository holds is just being read, and may be the reason.
  bool is_asked() const { return view_.evidence == nullptr && plan_.needs_evidence; }

  // What is taken away: planner_removals.cpp.
  void take_wrong_images_off();
  void take_image_off(const core::Observed& destination);
  bool changes_image_of(const core::Observed& destination) const;
  /// What there is of destinations and restore runs is known, and so which image may be shown.
  bool knows_images() const;
  bool has_wrong_image(const core::Observed& destination) const;
  void remove_strangers();
  void remove_strays();
  bool successor_exists(Part part) const;
  bool waits(const core::Observed& stray, Part part);
  void remove_everything(std::string_view reason);
  bool waits_to_be_remembered(Part part, const core::Observed& object);
  /// What the destination says outlives it, or cannot.
  bool is_remembered(const core::Observed& destination) const;
  void remove(Part part, const core::Observed& object, std::string_view reason, std::string idle_job = {});

  /// Whether the kind of this part may be acted on; says why where a person could change that.
  bool available(Part part);
  bool is_wanted(Part part) const;
  /// Whether VolSync's mover can work under this identity; says why not.
  bool movable(Part part, const core::Identity& identity);
  /// Whose an object is; another's too where taking it over would move backups.
  Standing standing_of(const core::Observed* object) const;
  /// Ours, but made for an earlier PVC of this name.
  bool is_strangers(const core::Observed* object) const;
  const StorageDrivers& drivers() const;
  /// What is written depends on classes of which the API server has not said yet which there are.
  bool waits_for_classes(Part part) const;
  Subject subject() const {
    return {*view_.claim, plan_.protection.tier, identity_, policy_, options_, users_, &drivers()};
  }
  void hold(Hold hold) { plan_.holds.push_back(std::move(hold)); }
  /// One that passes by itself then.
  void hold(Hold hold, std::optional<core::Time> until);
  void hold(Precondition unmet);

  const View& view_;
  const core::Policy& policy_;
  const Options& options_;
  const core::Time now_;
  core::Identity identity_;
  core::RunsAs users_;  ///< of the PVC, as far as backups go by them
  bool can_judge_classes_ = true;
  std::optional<Part> stays_theirs_;
  Plan plan_;
};

}  // namespace holdfast::generator
