// Jobs and Pods.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

using core::Job;
using core::Pod;
using core::RunsAs;
using meta_shape::Condition;

/// A container's own words, and the sentence around them.
constexpr std::size_t kWordBytes = 64;
constexpr std::size_t kMessageBytes = 160;

struct JobDraft {
  Job job;
  std::vector<std::string> succeeded;  ///< pods that are not counted yet
  std::vector<Condition> conditions;
};

constexpr Member kJobSpec[] = {{"backoffLimit", integer<&JobDraft::job, &Job::backoff_limit>()}};
constexpr Member kUncounted[] = {{"succeeded", text_array<&JobDraft::succeeded>()}};
constexpr Member kJobStatus[] = {
    {"succeeded", integer<&JobDraft::job, &Job::succeeded>()},
    {"uncountedTerminatedPods", object(kUncounted)},
    {"active", integer<&JobDraft::job, &Job::active>()},
    {"ready", integer<&JobDraft::job, &Job::ready>()},
    {"failed", integer<&JobDraft::job, &Job::failed>()},
    {"startTime", meta_shape::time<&JobDraft::job, &Job::started>()},
    {"conditions", meta_shape::conditions<&JobDraft::conditions>()},
};
constexpr Member kJobMembers[] = {
    {"metadata", object(meta_shape::kMetadata<&JobDraft::job, &Job::meta>)},
    {"spec", object(kJobSpec)},
    {"status", object(kJobStatus)},
};
constexpr Shape kJob = object(kJobMembers);

struct Volume {
  std::string name;
  std::string claim;
};

struct Container {
  std::string name;
  RunsAs as;
  std::vector<Volume> mounts;  ///< by name
};

struct ContainerStatus {
  std::string name;
  std::string waiting_reason, waiting_message;
  std::optional<std::int64_t> exit_code;
  std::string ended_reason, ended_message;
};

struct PodDraft {
  Pod pod;
  RunsAs as;
  std::string phase, reason, message;
  std::vector<Volume> volumes;
  std::vector<Container> containers;
  std::vector<ContainerStatus> statuses;
  std::vector<Condition> conditions;
};

constexpr Member kPodSecurity[] = {
    {"runAsUser", integer<&PodDraft::as, &RunsAs::user>()},
    {"runAsGroup", integer<&PodDraft::as, &RunsAs::group>()},
    {"fsGroup", integer<&PodDraft::as, &RunsAs::fs_group>()},
};
constexpr Member kClaimSource[] = {{"claimName", text<&Volume::claim>()}};
constexpr Member kVolume[] = {
    {"name", text<&Volume::name>()},
    {"persistentVolumeClaim", object(kClaimSource)},
};
constexpr Shape kVolumeElement = object<&PodDraft::volumes>(kVolume);
constexpr Member kSecurity[] = {
    {"runAsUser", integer<&Container::as, &RunsAs::user>()},
    {"runAsGroup", integer<&Container::as, &RunsAs::group>()},
};
constexpr Member kMount[] = {{"name", text<&Volume::name>()}};
constexpr Shape kMountElement = object<&Container::mounts>(kMount);
constexpr Member kContainer[] = {
    {"name", text<&Container::name>()},
    {"securityContext", object(kSecurity)},
    {"volumeMounts", array(kMountElement)},
};
constexpr Shape kContainerElement = object<&PodDraft::containers>(kContainer);
constexpr Member kPodSpec[] = {
    {"securityContext", object(kPodSecurity)},
    {"volumes", array(kVolumeElement)},
    {"containers", array(kContainerElement)},
};

constexpr Member kWaiting[] = {
    {"reason", text<&ContainerStatus::waiting_reason>()},
    {"message", text<&ContainerStatus::waiting_message>()},
};
constexpr Member kTerminated[] = {
    {"exitCode", integer<&ContainerStatus::exit_code>()},
    {"reason", text<&ContainerStatus::ended_reason>()},
    {"message", text<&ContainerStatus::ended_message>()},
};
constexpr Member kContainerState[] = {{"waiting", object(kWaiting)}, {"terminated", object(kTerminated)}};
constexpr Member kContainerStatus[] = {
    {"name", text<&ContainerStatus::name>()},
    {"state", object(kContainerState)},
};
constexpr Shape kStatusElement = object<&PodDraft::statuses>(kContainerStatus);
constexpr Member kPodStatus[] = {
    {"phase", text<&PodDraft::phase>()},
    {"reason", text<&PodDraft::reason>()},
    {"message", text<&PodDraft::message>()},
    {"conditions", meta_shape::conditions<&PodDraft::conditions>()},
    {"initContainerStatuses", array(kStatusElement)},
    {"containerStatuses", array(kStatusElement)},
};
constexpr Member kPodMembers[] = {
    {"metadata", object(meta_shape::kMetadata<&PodDraft::pod, &Pod::meta>)},
    {"spec", object(kPodSpec)},
    {"status", object(kPodStatus)},
};
constexpr Shape kPod = object(kPodMembers);

/// "Error: what it says", as far as it says anything.
std::string words(const std::string& reason, const std::string& message) {
  std::string what = base::printable(reason, kWordBytes);
  if (message.empty()) return what;
  return fmt::format("{}{}{}", what, what.empty() ? "" : ": ", base::printable(message, kMessageBytes));
}

std::string failure_of(const PodDraft& draft) {
  if (draft.phase != "Failed") return {};
  for (const ContainerStatus& status : draft.statuses) {
    if (status.exit_code.value_or(0) == 0) continue;
    const std::string said = words(status.ended_reason, status.ended_message);
    return fmt::format("container {} ended with exit code {}{}{}", base::printable(status.name, kWordBytes),
                       *status.exit_code, said.empty() ? "" : ", ", said);
  }
  const std::string said = words(draft.reason, draft.message);
  return said.empty() ? "its pod failed" : said;
}

/// What stands for a while at every start.
bool is_passing(const std::string& reason) { return reason == "ContainerCreating" || reason == "PodInitializing"; }

/// A volume that is made from a large snapshot may take its time.
bool waits_for_volume(const std::string& message) {
  return message.find("unbound immediate PersistentVolumeClaims") != std::string::npos;
}

void take_waiting(const PodDraft& draft, Pod& pod) {
  if (draft.phase != "Pending") return;
  for (const Condition& condition : draft.conditions) {
    if (!condition.is("PodScheduled", "False")) continue;
    pod.waiting = words(condition.reason, condition.message);
    pod.stuck = condition.reason == "Unschedulable" && !waits_for_volume(condition.message);
    return;
  }
  for (const ContainerStatus& status : draft.statuses) {
    if (status.waiting_reason.empty() || (is_passing(status.waiting_reason) && !pod.waiting.empty())) continue;
    pod.waiting = words(status.waiting_reason, status.waiting_message);
    pod.stuck = !is_passing(status.waiting_reason);
    if (pod.stuck) return;
  }
}

void take_uses(const PodDraft& draft, Pod& pod) {
  for (const Container& container : draft.containers) {
    for (const Volume& volume : draft.volumes) {
      const bool mounts = std::ranges::any_of(container.mounts, [&](const Volume& m) { return m.name == volume.name; });
      if (volume.claim.empty() || !mounts) continue;
      Pod::Use use{volume.claim, draft.as};
      if (container.as.user) use.as.user = container.as.user;
      if (container.as.group) use.as.group = container.as.group;
      if (std::ranges::find(pod.uses, use) == pod.uses.end()) pod.uses.push_back(std::move(use));
    }
  }
}

}  // namespace

std::variant<Job, ObjectFault> read_job(std::string_view object) {
  JobDraft draft;
  if (auto fault = fill(object, kJob, &draft)) return std::move(*fault);
  const auto ended = [&](std::string_view type) {
    return std::ranges::any_of(draft.conditions, [&](const Condition& c) { return c.is(type, "True"); });
  };
  draft.job.complete = ended("Complete");
  draft.job.succeeded += static_cast<std::int64_t>(draft.succeeded.size());
  draft.job.ended = draft.job.complete || ended("Failed");
  draft.job.running = draft.job.active > 0 || !draft.job.ended;
  for (const Condition& condition : draft.conditions) {
    if (condition.is("Failed", "True")) draft.job.failure = words(condition.reason, condition.message);
  }
  return std::move(draft.job);
}

std::variant<Pod, ObjectFault> read_pod(std::string_view object) {
  PodDraft draft;
  if (auto fault = fill(object, kPod, &draft)) return std::move(*fault);
  if (draft.pod.meta.name.empty()) return ObjectFault{"metadata.name: missing"};
  draft.pod.over = draft.phase == "Succeeded" || draft.phase == "Failed";
  draft.pod.failure = failure_of(draft);
  take_waiting(draft, draft.pod);
  take_uses(draft, draft.pod);
  return std::move(draft.pod);
}

}  // namespace holdfast::json
