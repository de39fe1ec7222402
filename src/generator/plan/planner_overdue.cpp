// Restores whose stages take longer than they should: each waits for somebody else, who may never come.
#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"

namespace holdfast::generator {

using Stage = Restore::Stage;

namespace {

constexpr std::size_t kMaxReasonBytes = 400;
/// By the first, the scheduler says that a pod wants the PVC; by the others, whoever binds PVCs without waiting for one
/// has handed it on to its provisioner.
constexpr std::string_view kWanted[] = {"volume.kubernetes.io/selected-node",
                                        "volume.kubernetes.io/storage-provisioner",
                                        "volume.beta.kubernetes.io/storage-provisioner"};
/// What the populator makes from the image, under a name of its own, to put the volume into the PVC when it is whole.
constexpr std::string_view kPrime = "vs-prime-";

/// Of the holds of a part, the newest.
std::string reason_of(const Plan& plan, Part part) {
  for (const Hold& hold : plan.holds | std::views::reverse) {
    if (hold.part == part) return fmt::format(": {}: {}", hold.code, cut(hold.message, kMaxReasonBytes));
  }
  return {};
}

}  // namespace

void Planner::report_overdue() {
  std::optional<std::string> problem;
  const Stage stage = plan_.restore.stage;
  if (stage == Stage::Open) problem = overdue_open();
  if (stage == Stage::Running) problem = overdue_running();
  if (stage == Stage::Checking || stage == Stage::Verified) problem = overdue_end();
  if (stage == Stage::Published) problem = overdue_published();
  if (problem) hold(make_warning(Part::RestoreRun, "RestoreOverdue", "the PVC stays Pending: {}", *problem));
}

/// Else it is looked at again when it is.
bool Planner::is_due(std::optional<core::Time> since, std::chrono::milliseconds deadline) {
  if (!since) return false;
  if (*since + deadline <= now_) return true;
  look_again(*since + deadline);
  return false;
}

std::optional<std::string> Planner::overdue_open() {
  if (!is_due(view_.claim->created, options_.restore_deadline.start) || is_asked()) return std::nullopt;
  return fmt::format("its restore was promised at {} and has not begun{}", core::format_seconds(*view_.claim->created),
                     reason_of(plan_, Part::RestoreRun));
}

std::optional<std::string> Planner::overdue_running() {
  const core::Observed& run = *object_of(view_, Part::RestoreRun);
  const auto& started = run.status.sync_started;
  if (!started) {
    if (!is_due(run.meta.created, options_.restore_deadline.start)) return std::nullopt;
    return fmt::format(
        "ReplicationDestination {} of its restore is there since {}, and VolSync has not begun with it; "
        "does VolSync's operator run?",
        run.meta.name, core::format_seconds(*run.meta.created));
  }
  if (!is_due(started, options_.overlong_sync) || is_asked()) return std::nullopt;
  return fmt::format(
      "its restore runs since {} (attempt {}){}; look at: kubectl -n {} describe replicationdestination,"
      "job,pod; where restores take longer, raise generator.overlongSync",
      core::format_seconds(*started), plan_.restore.attempt, reason_of(plan_, Part::RestoreRun), view_.pvc.ns);
}

/// From the mover's end to the offer of the image.
std::optional<std::string> Planner::overdue_end() {
  const auto& ended = object_of(view_, Part::RestoreRun)->status.last_sync;
  if (!is_due(ended, options_.restore_deadline.verify) || is_asked()) return std::nullopt;
  const bool checking = plan_.restore.stage == Stage::Checking;
  return fmt::format("VolSync has restored it by {}, and it is not {} yet{}", core::format_seconds(*ended),
                     checking ? "verified" : "offered",
                     reason_of(plan_, checking ? Part::RestoreRun : Part::Destination));
}

/// A storage class may wait for the first pod before it binds anything, for months if need be: that is no problem.
bool Planner::is_wanted_now() const {
  const core::StringMap& annotations = view_.claim->pvc.annotations;
  const bool marked = std::ranges::any_of(kWanted, [&](std::string_view key) { return annotations.contains(key); });
  return marked || view_.users.are == Users::Are::Alike || view_.users.are == Users::Are::Different;
}

std::optional<std::string> Planner::overdue_published() {
  const core::Observed& run = *object_of(view_, Part::RestoreRun);
  if (!is_wanted_now() || !is_due(run.status.last_sync, options_.restore_deadline.bind)) return std::nullopt;
  // The provisioner speaks of the volume that the populator asks it for, the populator of the PVC.
  auto said = quote(kube::kClaims.kind, std::string(kPrime).append(view_.claim->uid));
  const auto of_claim = quote(kube::kClaims.kind, view_.pvc.name);
  if (!said || !of_claim) return std::nullopt;
  if (said->empty()) said = of_claim;
  return fmt::format(
      "its restore is verified and offered since {} (VolumeSnapshot {}), a pod or its storage class wants "
      "it, and it is not bound{}; look at: kubectl -n {} describe pvc",
      core::format_seconds(*run.status.last_sync), run.status.image->name, *said, view_.pvc.ns);
}

}  // namespace holdfast::generator
