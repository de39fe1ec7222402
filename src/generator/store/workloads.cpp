#include "src/generator/store/workloads.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::generator {
namespace {

using Is = kube::WatchState::Is;

constexpr Part kMoved[] = {Part::RestoreRun, Part::Source, Part::OffsiteSource, Part::Drill};
constexpr std::size_t kMostPodsOfJob = 16;  ///< VolSync's Jobs make at most nine

bool is_volsyncs(const core::Meta& meta) { return value_of(meta.labels, "app.kubernetes.io/created-by") == "volsync"; }

std::optional<Family> moved_family(const core::Meta::Owner& owner) {
  if (owner.kind == kube::kReplicationSources.kind) return Family::Sources;
  if (owner.kind == kube::kReplicationDestinations.kind) return Family::Destinations;
  return std::nullopt;
}

Part any_part(Family family) { return family == Family::Sources ? Part::Source : Part::RestoreRun; }

bool is_refused(const kube::WatchState& state) { return state.is == Is::Forbidden || state.is == Is::Absent; }

/// The owner for which VolSync gives a Job this name.
const core::Meta::Owner* moved_owner(const core::Meta& job) {
  if (!is_volsyncs(job)) return nullptr;
  for (const core::Meta::Owner& owner : job.owners) {
    const auto family = moved_family(owner);
    if (family && mover_job_name(any_part(*family), owner.name) == job.name) return &owner;
  }
  return nullptr;
}

const core::Meta::Owner* owning_job(const core::Meta& pod) {
  const auto is_job = [](const core::Meta::Owner& owner) { return owner.kind == kube::kJobs.kind; };
  const auto found = std::ranges::find_if(pod.owners, is_job);
  return found == pod.owners.end() ? nullptr : &*found;
}

}  // namespace

Workloads::Workloads(MoverChanged mover_changed, UsersChanged users_changed)
    : mover_changed_(std::move(mover_changed)), users_changed_(std::move(users_changed)) {}

void Workloads::apply_job(const core::Job& job, core::Time now) {
  const Name place{job.meta.ns, job.meta.name};
  const core::Meta::Owner* owner = moved_owner(job.meta);
  if (owner == nullptr) return remove_job(place.first, place.second);
  jobs_unseen_.erase(place);
  const auto held = jobs_.find(place);
  const Job* before = held != jobs_.end() && held->second.uid == job.meta.uid ? &held->second : nullptr;
  Job next{*moved_family(*owner), owner->name, owner->uid, job.meta.uid, before != nullptr && before->was_ready, {}};
  next.mover.job = job.meta.name;
  next.mover.complete = job.complete;
  next.mover.ended = job.ended;
  next.mover.failure = job.failure;
  next.mover.failed = job.failed;
  next.mover.backoff_limit = job.backoff_limit;
  // One whose pods are refused has none that is active.
  if (!core::is_at_work(job) && !job.ended) {
    const auto so_far = before == nullptr ? std::nullopt : before->mover.idle_since;
    // A pod that ends is for a moment not ready either: that moment is no long wait.
    next.mover.idle_since = so_far ? *so_far : next.was_ready ? now : job.started.value_or(now);
    // Kubernetes makes the first pod at once, unless somebody refuses it.
    if (job.active == 0 && job.failed == 0) next.mover.stuck_since = next.mover.idle_since;
  }
  next.was_ready = next.was_ready || job.ready.value_or(0) > 0;
  const bool same = before != nullptr && before->mover == next.mover && before->owner_uid == next.owner_uid;
  jobs_.insert_or_assign(place, std::move(next));
  if (!same) tell_mover(place);
}

void Workloads::remove_job(const std::string& ns, const std::string& name) {
  const auto held = jobs_.find({ns, name});
  if (held == jobs_.end()) return;
  const Job job = std::move(held->second);
  jobs_.erase(held);
  mover_changed_(job.family, ns, job.owner);
}

void Workloads::begin_jobs_reset() {
  jobs_unseen_.clear();
  for (const auto& [place, job] : jobs_) jobs_unseen_.insert(jobs_unseen_.end(), place);
}

void Workloads::end_jobs_reset() {
  for (const auto& [ns, name] : std::exchange(jobs_unseen_, {})) remove_job(ns, name);
}

void Workloads::apply_pod(const core::Pod& pod) {
  const Name place{pod.meta.ns, pod.meta.name};
  pods_unseen_.erase(place);
  const core::Meta::Owner* job = owning_job(pod.meta);
  if (is_volsyncs(pod.meta) && job != nullptr) {
    put_uses(place, {});
    return put_mover_pod(pod, job->name, job->uid);
  }
  put_uses(place, pod.over || is_volsyncs(pod.meta) ? Uses{} : pod.uses);
}

void Workloads::put_mover_pod(const core::Pod& pod, const std::string& job, const std::string& job_uid) {
  const Name place{pod.meta.ns, pod.meta.name}, of{pod.meta.ns, job};
  auto& pods = mover_pods_[of];
  if (pods.size() >= kMostPodsOfJob && !pods.contains(pod.meta.name)) return;
  const auto known = jobs_.find(of);
  const Mover before = known == jobs_.end() ? Mover{} : with_pods(of, known->second);
  job_of_[place] = job;
  pods[pod.meta.name] = {job_uid, pod.meta.created, pod.failure, pod.waiting, pod.over, pod.stuck};
  if (known != jobs_.end() && with_pods(of, known->second) != before) tell_mover(of);
}

void Workloads::put_uses(const Name& place, Uses uses) {
  const auto held = uses_.find(place);
  if (held == uses_.end() ? uses.empty() : held->second == uses) return;
  std::map<core::PvcName, Users> concerned;
  const auto note = [&](const Uses& some) {
    for (const core::Pod::Use& use : some) {
      const core::PvcName pvc{place.first, use.claim};
      concerned.try_emplace(pvc, users_of(pvc));
    }
  };
  note(uses);
  if (held != uses_.end()) {
    note(held->second);
    for (const core::Pod::Use& use : held->second) {
      const auto users = users_.find({place.first, use.claim});
      if (users == users_.end()) continue;
      users->second.erase(place.second);
      if (users->second.empty()) users_.erase(users);
    }
    uses_.erase(held);
  }
  for (const core::Pod::Use& use : uses) users_[{place.first, use.claim}].insert(place.second);
  if (!uses.empty()) uses_.emplace(place, std::move(uses));
  for (const auto& [pvc, before] : concerned) {
    if (users_of(pvc) != before) users_changed_(pvc);
  }
}

void Workloads::remove_pod(const std::string& ns, const std::string& name) {
  put_uses({ns, name}, {});
  const auto job = job_of_.find({ns, name});
  if (job == job_of_.end()) return;
  const Name of{ns, job->second};
  job_of_.erase(job);
  const auto pods = mover_pods_.find(of);
  if (pods == mover_pods_.end()) return;
  pods->second.erase(name);
  if (pods->second.empty()) mover_pods_.erase(pods);
  tell_mover(of);
}

void Workloads::begin_pods_reset() {
  pods_unseen_.clear();
  for (const auto& [place, uses] : uses_) pods_unseen_.insert(place);
  for (const auto& [place, job] : job_of_) pods_unseen_.insert(place);
}

void Workloads::end_pods_reset() {
  for (const auto& [ns, name] : std::exchange(pods_unseen_, {})) remove_pod(ns, name);
}

void Workloads::set_jobs_state(const kube::WatchState& state) {
  jobs_known_ = state.is == Is::Current;
  if (!is_refused(state)) return;
  begin_jobs_reset();
  end_jobs_reset();
}

void Workloads::set_pods_state(const kube::WatchState& state) {
  if (is_refused(state)) {
    begin_pods_reset();
    end_pods_reset();
  }
  // What was listed stays a good enough picture for a while.
  const bool known = state.is == Is::Current || (state.is == Is::Failing && pods_known_);
  if (known == pods_known_) return;
  pods_known_ = known;
  for (const auto& [pvc, pods] : users_) users_changed_(pvc);
}

void Workloads::tell_mover(const Name& job) const {
  const auto found = jobs_.find(job);
  if (found != jobs_.end()) mover_changed_(found->second.family, job.first, found->second.owner);
}

Mover Workloads::with_pods(const Name& place, const Job& job) const {
  Mover mover = job.mover;
  const auto pods = mover_pods_.find(place);
  if (pods == mover_pods_.end()) return mover;
  std::optional<core::Time> newest_failure;
  for (const auto& [name, pod] : pods->second) {
    if (pod.job_uid != job.uid) continue;
    if (!pod.failure.empty() && (!newest_failure || pod.created >= newest_failure)) {
      mover.failure = pod.failure;
      newest_failure = pod.created;
    }
    if (pod.over || pod.waiting.empty()) continue;
    mover.waiting = pod.waiting;
    mover.stuck_since = pod.stuck ? pod.created : std::nullopt;
  }
  return mover;
}

Users Workloads::users_of(const core::PvcName& pvc) const {
  if (!pods_known_) return {};
  Users users{Users::Are::None, {}};
  const auto pods = users_.find(pvc);
  if (pods == users_.end()) return users;
  for (const std::string& pod : pods->second) {
    for (const core::Pod::Use& use : uses_.at({pvc.ns, pod})) {
      if (use.claim != pvc.name) continue;
      if (users.are == Users::Are::Alike && users.as != use.as) return {Users::Are::Different, {}};
      users = {Users::Are::Alike, use.as};
    }
  }
  return users;
}

std::optional<Mover> Workloads::mover_of(const core::Observed& object, Part part) const {
  const Name place{object.meta.ns, mover_job_name(part, object.meta.name)};
  const auto found = jobs_.find(place);
  if (found == jobs_.end()) return std::nullopt;
  const Job& job = found->second;
  const bool of_it = job.owner == object.meta.name && job.owner_uid == object.meta.uid && job.family == family(part);
  return of_it ? std::optional(with_pods(place, job)) : std::nullopt;
}

void Workloads::add_to(View& view) const {
  view.users = users_of(view.pvc);
  view.movers_known = jobs_known_;
  for (const Part part : kMoved) {
    const core::Observed* object = object_of(view, part);
    if (!is_ours(object)) continue;
    if (auto mover = mover_of(*object, part)) view.movers.emplace(part, *std::move(mover));
  }
  for (const auto& [part, stray] : view.strays) {
    if (part != Part::Source) continue;
    if (auto mover = mover_of(*stray, part)) view.stray_movers.emplace(stray->meta.name, *std::move(mover));
  }
}

}  // namespace holdfast::generator
