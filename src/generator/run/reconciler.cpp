#include "src/generator/run/reconciler.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/base/clock.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::hours kLongestSleep{1};  ///< wall clocks may be set meanwhile

bool begins_drill(const Action& action) {
  const auto* apply = std::get_if<Apply>(&action);
  return apply != nullptr && apply->creates && apply->object.part == Part::Drill;
}

}  // namespace

Reconciler::Reconciler(const Parts& parts, std::function<std::optional<Steady>()> leads_until,
                       std::function<void()> learned)
    : with_(parts), leads_until_(std::move(leads_until)), learned_(std::move(learned)) {}

void Reconciler::work(const core::PvcName& pvc, Steady until) {
  StoredView stored = with_.views.of(pvc, nullptr);
  stored.view.evidence = evidence_for(stored.view);
  if (drilling_ && *drilling_ != pvc) stored.view.other_drill = true;
  const View& view = stored.view;
  if (with_.memory.learn(view)) learned_();
  Plan plan = make_plan(view, with_.setup.policy, with_.setup.options, base::utc_now());
  if (plan.needs_memory) with_.memory.wait(pvc);
  if (view.claim != nullptr)
    with_.reporter.holds(*view.claim, plan, until);
  else
    with_.reporter.forget(pvc);
  if (plan.needs_evidence) wait_for_evidence(pvc, view, plan.restore.stage);
  with_.events.ask(pvc, plan.quotes);
  if (plan.actions.empty()) {
    if (view.claim != nullptr) with_.reporter.steps(*view.claim, plan, until);
    return rest(pvc, plan);
  }
  list_orphans(pvc, plan);
  if (std::ranges::any_of(plan.actions, begins_drill)) drilling_ = pvc;
  std::vector<Action> actions = plan.actions;
  with_.executor.run(
      pvc, std::move(actions), until,
      [this, pvc, plan = std::move(plan)](const Executor::Outcome& outcome) { worked(pvc, plan, outcome); });
}

/// Of a restore or a drill that is over nothing counts that was asked for before its end was seen.
const core::Evidence* Reconciler::evidence_for(const View& view) const {
  const auto asked = asked_.find(view.pvc);
  if (asked == asked_.end()) return nullptr;
  Steady since = asked->second;
  for (const Part part : {Part::RestoreRun, Part::Drill}) {
    const core::Observed* run = object_of(view, part);
    if (run != nullptr) since = std::max(since, run->end_seen + std::chrono::nanoseconds{1});
  }
  return with_.refresher.since(since, steady_clock::now());
}

void Reconciler::wait_for_evidence(const core::PvcName& pvc, const View& view, Restore::Stage stage) {
  const auto now = steady_clock::now();
  if (view.evidence != nullptr) {
    asked_.erase(pvc);
    return with_.dispatcher.look_at(pvc, now + with_.setup.tempo.ask_again);
  }
  asked_.try_emplace(pvc, now);
  waiting_.insert(pvc);
  const bool restores = stage == Restore::Stage::Open || stage == Restore::Stage::Checking;
  if (restores)
    with_.refresher.want_soon(now);
  else
    with_.refresher.want(now);
}

void Reconciler::evidence_arrived() {
  for (const core::PvcName& pvc : std::exchange(waiting_, {})) with_.dispatcher.look_at(pvc);
}

void Reconciler::rest(const core::PvcName& pvc, const Plan& plan) {
  with_.backoff.rested(pvc, steady_clock::now());
  if (plan.restore.stage != Restore::Stage::Verified) with_.views.forget_image(pvc);
  if (!plan.needs_evidence) with_.auditor.show_gaps(pvc, plan);  // else it is shown when that is here
  if (!waiting_.contains(pvc)) asked_.erase(pvc);
  if (plan.look_again) {
    const auto delay = std::chrono::nanoseconds(*plan.look_again - base::utc_now());
    with_.dispatcher.look_at(
        pvc, steady_clock::now() + std::clamp<std::chrono::nanoseconds>(delay, kLeastRight, kLongestSleep));
  }
  with_.dispatcher.done(pvc);
}

void Reconciler::worked(const core::PvcName& pvc, const Plan& plan, const Executor::Outcome& outcome) {
  const auto now = steady_clock::now();
  if (drilling_ == pvc) drilling_.reset();  // the store knows it, or it was refused
  const auto claim = with_.store.claim(pvc);
  const auto until = leads_until_();
  const bool all_done = outcome.written == plan.actions.size();
  if (outcome.unfit_image) with_.views.note(pvc, *outcome.unfit_image);
  if (all_done && claim != nullptr && until) with_.reporter.steps(*claim, plan, *until);
  if (outcome.failed > 0)
    with_.backoff.failed(pvc, outcome.action + ": " + outcome.error->message, now);
  else if (outcome.written > 0 && with_.backoff.wrote(pvc, now))
    with_.log.warn("written too often", {{"namespace", pvc.ns}, {"pvc", pvc.name}, {"message", kUndone}});
  if (!all_done && !plan.needs_evidence) with_.auditor.show_gaps(pvc, plan);  // it may never come to rest
  with_.dispatcher.look_at(pvc, now);  // what is left, and whether what was written is what was wanted
  with_.dispatcher.done(pvc);
}

void Reconciler::list_orphans(const core::PvcName& pvc, const Plan& plan) const {
  for (const Action& action : plan.actions) {
    const auto* remove = std::get_if<Remove>(&action);
    if (remove == nullptr) continue;
    with_.log.info("to be deleted", {{"kind", resource(remove->part).kind},
                                     {"namespace", remove->ns},
                                     {"name", remove->name},
                                     {"pvc", pvc.name},
                                     {"reason", remove->reason}});
  }
}

}  // namespace holdfast::generator
