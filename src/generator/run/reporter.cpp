#include "src/generator/run/reporter.hpp"

#include <fmt/format.h>

#include "holdfast/base/clock.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kMostStepsKept = 64;

struct Words {
  std::string_view verb, past;
};

struct Described {
  Words words;
  const kube::Resource* resource;
  const std::string* name;
};

Described describe(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) {
    const Words words = apply->adopts    ? Words{"adopt", "adopted"}
                        : apply->creates ? Words{"create", "created"}
                                         : Words{"change", "changed"};
    return {words, &resource(apply->object.part), &apply->object.name};
  }
  if (const auto* remove = std::get_if<Remove>(&action)) {
    return {{"delete", "deleted"}, &resource(remove->part), &remove->name};
  }
  if (const auto* disown = std::get_if<Disown>(&action)) {
    return {{"disown", "disowned"}, &resource(disown->part), &disown->name};
  }
  const auto& image = std::get<SetImage>(action);
  const Words words = image.image ? Words{"open", "destination opened"} : Words{"close", "destination closed"};
  return {words, &resource(Part::Destination), &image.name};
}

struct Told {
  std::string_view reason;   ///< of the Event; empty: the hold says it
  std::string_view counted;  ///< in holdfast_restores_total; empty: not
};

Told tell(RestoreStep step) {
  switch (step) {
    case RestoreStep::Started:
      return {"RestoreStarted", ""};
    case RestoreStep::Verified:
      return {"RestoreVerified", "verified"};
    case RestoreStep::AcceptedUnverified:
      return {"RestoreAcceptedUnverified", ""};
    case RestoreStep::Unverified:
      return {"", "unverified"};
    case RestoreStep::Failed:
      return {"", "failed"};
    case RestoreStep::Published:
      return {"RestorePublished", ""};
    case RestoreStep::Closed:
      return {"RestoreDone", ""};
    case RestoreStep::DrillStarted:
      return {"DrillStarted", ""};
    case RestoreStep::DrillVerified:
      return {"DrillVerified", ""};
    case RestoreStep::DrillFailed:
      return {};
  }
  return {};
}

bool is_of_drill(RestoreStep step) {
  return step == RestoreStep::DrillStarted || step == RestoreStep::DrillVerified || step == RestoreStep::DrillFailed;
}

bool is_good(RestoreStep step) {
  return step != RestoreStep::Unverified && step != RestoreStep::Failed && step != RestoreStep::DrillFailed;
}

std::string drill_sentence(RestoreStep step, const Drill& drill) {
  if (step == RestoreStep::DrillStarted) {
    return fmt::format("VolSync was asked to restore snapshot {} into a temporary volume (token {})", drill.snapshot,
                       drill.token);
  }
  if (step == RestoreStep::DrillFailed) return drill.last.problem;
  return fmt::format("snapshot {} can be restored: {}", drill.snapshot, drill.grounds);
}

/// Of the run that the plan asks for.
std::string new_token(const Plan& plan) {
  for (const Action& action : plan.actions) {
    const auto* apply = std::get_if<Apply>(&action);
    const bool is_run = apply != nullptr && apply->object.part == Part::RestoreRun;
    if (is_run) return apply->object.body["spec"]["trigger"]["manual"].asString();
  }
  return {};
}

std::string sentence(RestoreStep step, const Plan& plan, const core::Claim& claim) {
  const std::string* snapshot = core::lookup(claim.pvc.annotations, core::key::kRestoredSnapshot);
  const std::string of = snapshot == nullptr ? "the promised snapshot" : "snapshot " + *snapshot;
  switch (step) {
    case RestoreStep::Started:
      return fmt::format("VolSync was asked to restore {} (attempt {}, token {})", of, plan.restore.attempt + 1,
                         new_token(plan));
    case RestoreStep::Verified:
      return fmt::format("{} has arrived: {}{}{}", of, plan.restore.grounds, plan.restore.missing.empty() ? "" : "; ",
                         plan.restore.missing);
    case RestoreStep::AcceptedUnverified:
      return fmt::format("the restore of {} is used although it was not verified, as the PVC's annotation says", of);
    case RestoreStep::Published:
      return fmt::format("the restored volume of {} is ready to be bound", of);
    case RestoreStep::Closed:
      return fmt::format("{} is in the volume; the restore is over", of);
    case RestoreStep::Unverified:
    case RestoreStep::Failed:
      return plan.restore.problem;
    case RestoreStep::DrillStarted:
    case RestoreStep::DrillVerified:
    case RestoreStep::DrillFailed:
      return drill_sentence(step, plan.drill);
  }
  return {};
}

}  // namespace

std::string to_string(const Action& action) {
  const Described what = describe(action);
  return fmt::format("{} {} {}", what.words.verb, what.resource->kind, *what.name);
}

const kube::Resource& resource(const Action& action) { return *describe(action).resource; }

Reporter::Reporter(kube::EventRecorder& events, const ops::Logger& log, ops::Metrics& metrics)
    : events_(events), log_(log), metrics_(metrics) {}

void Reporter::holds(const core::Claim& claim, const Plan& plan, std::optional<kube::Deadline> deadline) {
  const core::PvcName pvc = claim.pvc.full_name();
  std::string said;
  for (const Hold& hold : plan.holds) said += fmt::format("{}: {}\n", hold.code, hold.message);
  std::string& logged = said_[pvc];
  if (logged != said) {
    for (const Hold& hold : plan.holds) {
      log_.log(hold.warning ? ops::Level::Warn : ops::Level::Info, "held",
               {{"namespace", pvc.ns},
                {"pvc", pvc.name},
                {"kind", resource(hold.part).kind},
                {"code", hold.code},
                {"message", hold.message}});
    }
  }
  logged = std::move(said);
  if (logged.empty()) said_.erase(pvc);
  if (!deadline) return;
  for (const Hold& hold : plan.holds) {
    if (hold.warning) event(claim, true, hold.code, hold.message, *deadline);
  }
}

void Reporter::steps(const core::Claim& claim, const Plan& plan, kube::Deadline deadline) {
  for (const RestoreStep one : plan.steps) step(claim, plan, one, deadline);
}

void Reporter::step(const core::Claim& claim, const Plan& plan, RestoreStep step, kube::Deadline deadline) {
  auto& counted = counted_[claim.pvc.full_name()];
  if (counted.size() >= kMostStepsKept) counted.clear();
  const std::string& token = is_of_drill(step) ? plan.drill.token : plan.restore.token;
  const std::string key = fmt::format("{} {} {}", claim.uid, token, static_cast<int>(step));
  if (!counted.insert(key).second) return;
  const Told told = tell(step);
  if (!told.counted.empty()) metrics_.restore(told.counted);
  if (step == RestoreStep::Verified) metrics_.restore_verified(to_string(plan.restore.verified_by));
  const std::string text = sentence(step, plan, claim);
  log_step(claim, plan, step, text);
  if (!told.reason.empty()) event(claim, false, std::string(told.reason), text, deadline);
}

void Reporter::log_step(const core::Claim& claim, const Plan& plan, RestoreStep step, const std::string& text) {
  const bool good = is_good(step);
  const auto level = good ? ops::Level::Info : ops::Level::Warn;
  if (is_of_drill(step)) {
    return log_.log(
        level, good ? "drill" : "drill failed",
        {{"namespace", claim.pvc.ns}, {"pvc", claim.pvc.name}, {"token", plan.drill.token}, {"message", text}});
  }
  log_.log(level, good ? "restore" : "restore not verified",
           {{"namespace", claim.pvc.ns},
            {"pvc", claim.pvc.name},
            {"stage", to_string(plan.restore.stage)},
            {"token", plan.restore.token},
            {"message", text}});
}

void Reporter::done(const core::PvcName& pvc, const Action& action) {
  const Described what = describe(action);
  const std::string_view result = what.words.past;
  if (const auto* remove = std::get_if<Remove>(&action)) {
    metrics_.generator_delete(what.resource->kind, remove->reason);
  } else {
    metrics_.generator_apply(what.resource->kind, std::holds_alternative<SetImage>(action) ? "image" : result);
  }
  log_.info(result, {{"kind", what.resource->kind}, {"namespace", pvc.ns}, {"name", *what.name}, {"pvc", pvc.name}});
}

void Reporter::failed(const core::PvcName& pvc, const core::Claim* claim, const Action& action,
                      const kube::ApiError& error, kube::Deadline deadline) {
  const Described what = describe(action);
  if (!std::holds_alternative<Remove>(action)) metrics_.generator_apply(what.resource->kind, "failed");
  log_.warn("write failed", {{"action", to_string(action)},
                             {"namespace", pvc.ns},
                             {"pvc", pvc.name},
                             {"status", error.code},
                             {"reason", error.reason},
                             {"error", error.message}});
  if (claim == nullptr || error.passing() || error.conflict()) return;
  event(*claim, true, "WriteFailed", fmt::format("{}: {}", to_string(action), error.message), deadline);
}

void Reporter::last_backup(const core::PvcName& pvc, std::optional<core::Time> ended) {
  std::optional<double> unix_seconds;
  if (ended) unix_seconds = base::seconds(ended->time_since_epoch());
  metrics_.last_backup(pvc.ns, pvc.name, unix_seconds);
}

void Reporter::last_drill(const core::PvcName& pvc, std::optional<core::Time> verified) {
  std::optional<double> unix_seconds;
  if (verified) unix_seconds = base::seconds(verified->time_since_epoch());
  metrics_.last_drill(pvc.ns, pvc.name, unix_seconds);
}

void Reporter::gaps(const core::PvcName& pvc, const std::vector<Gap>& gaps) {
  std::set<std::string> reasons;
  for (const Gap& gap : gaps) reasons.insert(gap.reason);
  metrics_.gaps(pvc.ns, pvc.name, reasons);
  auto& logged = gaps_[pvc];
  for (const Gap& gap : gaps) {
    if (gap.message.empty() || logged.contains(gap.reason)) continue;  // without one, a hold says it
    log_.warn("gap", {{"namespace", pvc.ns}, {"pvc", pvc.name}, {"reason", gap.reason}, {"message", gap.message}});
  }
  logged = std::move(reasons);
  if (logged.empty()) gaps_.erase(pvc);
}

void Reporter::forget(const core::PvcName& pvc) {
  gaps(pvc, {});
  said_.erase(pvc);
  counted_.erase(pvc);
  metrics_.last_backup(pvc.ns, pvc.name, std::nullopt);
  metrics_.last_drill(pvc.ns, pvc.name, std::nullopt);
}

void Reporter::event(const core::Claim& claim, bool warning, std::string reason, std::string message,
                     kube::Deadline deadline) {
  events_.record(
      {{kube::kClaims, claim.pvc.ns, claim.pvc.name, claim.uid}, warning, std::move(reason), std::move(message)},
      deadline);
}

}  // namespace holdfast::generator
