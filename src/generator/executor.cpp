#include "src/generator/executor.hpp"

#include "holdfast/base/clock.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "src/generator/live_claim.hpp"

namespace holdfast::generator {
namespace {

constexpr std::chrono::seconds kOneWrite{10};

std::string apply_body(const Apply& apply) {
  Json::Value body = apply.object.body;
  Json::Value& metadata = body["metadata"];
  if (apply.creates) metadata["resourceVersion"] = std::string(kube::kVersionOfNone);
  if (!apply.uid.empty()) metadata["uid"] = apply.uid;
  if (!apply.resource_version.empty()) metadata["resourceVersion"] = apply.resource_version;
  return json::write_tree(body);
}

std::string image_body(const SetImage& set) {
  Json::Value body;
  body["metadata"]["resourceVersion"] = set.resource_version;
  body["metadata"]["uid"] = set.uid;
  Json::Value& image = body["status"]["latestImage"];
  if (set.image) {
    image["apiGroup"] = set.image->api_group;
    image["kind"] = set.image->kind;
    image["name"] = set.image->name;
  }
  return json::write_tree(body);
}

/// Whether no provisioner would fill the PVC from this VolumeSnapshot. It compares the request of a PVC with the
/// snapshot's restoreSize where there is one (getSnapshotSource in kubernetes-csi/external-provisioner,
/// pkg/controller/controller.go), and makes nothing while the snapshot is not ready. What cannot be read is not held
/// against it: such a PVC waits as it would without us.
std::optional<UnfitImage> unfit(const std::string& name, std::int64_t requested, const kube::Result& answer) {
  if (std::holds_alternative<kube::ApiError>(answer)) return std::nullopt;
  const auto read = json::read_volume_snapshot(std::get<std::string>(answer));
  const auto* snapshot = std::get_if<core::VolumeSnapshot>(&read);
  if (snapshot == nullptr) return std::nullopt;
  if (!snapshot->restore_bytes) {
    if (snapshot->ready) return std::nullopt;
    return UnfitImage{name, {}, base::utc_now()};
  }
  const bool covered = requested >= *snapshot->restore_bytes;
  return covered ? std::nullopt : std::optional(UnfitImage{name, snapshot->restore_size, base::utc_now()});
}

const std::string* idle_job(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) return &apply->idle_job;
  const auto* remove = std::get_if<Remove>(&action);
  return remove == nullptr ? nullptr : &remove->idle_job;
}

const std::string& namespace_of(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) return apply->object.ns;
  if (const auto* remove = std::get_if<Remove>(&action)) return remove->ns;
  return std::get<SetImage>(action).ns;
}

/// Why VolSync's object must not be touched now, by the Job of its mover; nullopt: nothing works there.
std::optional<kube::ApiError> objection_by_mover(const kube::Result& job) {
  if (const auto* error = std::get_if<kube::ApiError>(&job)) {
    return error->not_found() ? std::nullopt : std::optional(*error);
  }
  const auto read = json::read_job(std::get<std::string>(job));
  const auto refusal = [](std::string reason) {
    return kube::ApiError{409, "Conflict", std::move(reason), std::nullopt};
  };
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return refusal(fault->problem);
  if (core::is_at_work(std::get<core::Job>(read))) return refusal("its mover is at work by now");
  return std::nullopt;
}

Family family_of(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) return family(apply->object.part);
  if (const auto* remove = std::get_if<Remove>(&action)) return family(remove->part);
  return Family::Destinations;
}

}  // namespace

struct Executor::Job {
  core::PvcName pvc;
  std::vector<Action> actions;
  kube::Deadline deadline;
  Done done;
  std::size_t at = 0;
  Outcome outcome = {};
  std::size_t resets = 0;  ///< of the store when the write under way began
};

Executor::Executor(kube::Client& client, Store& store, Reporter& reporter)
    : client_(client), store_(store), reporter_(reporter) {}

void Executor::run(core::PvcName pvc, std::vector<Action> actions, kube::Deadline deadline, Done done) {
  next(std::make_shared<Job>(Job{std::move(pvc), std::move(actions), deadline, std::move(done)}));
}

void Executor::next(const std::shared_ptr<Job>& job) {
  const auto now = std::chrono::steady_clock::now();
  if (job->at == job->actions.size() || now >= job->deadline) return job->done(job->outcome);
  const std::weak_ptr<bool> alive = alive_;
  const kube::Deadline deadline = std::min(job->deadline, now + kOneWrite);
  kube::Done done = [this, alive, job](const kube::Result& result) {
    if (alive.lock()) answered(job, result);
  };
  job->resets = store_.resets(family_of(job->actions[job->at]));
  verify(job, deadline, [this, job, deadline, done = std::move(done)](const std::optional<kube::ApiError>& refusal) {
    if (refusal) return done(*refusal);
    const auto* set = std::get_if<SetImage>(&job->actions[job->at]);
    if (set == nullptr || !set->image) return send(job->actions[job->at], deadline, done);
    offer_if_it_fits(job, deadline, done);
  });
}

/// What the watches say may be a moment old, or as old as their silence.
void Executor::verify(const std::shared_ptr<Job>& job, kube::Deadline deadline, Verified done) {
  if (!rests_on_claim(job->actions[job->at])) return done(std::nullopt);
  ask(job, {kube::kClaims, job->pvc.ns, job->pvc.name}, objection_by_claim, deadline,
      [this, job, deadline, done = std::move(done)](const std::optional<kube::ApiError>& refusal) {
        if (refusal || !rests_on_namespace(job->actions[job->at])) return done(refusal);
        ask(job, {kube::kNamespaces, "", job->pvc.ns}, objection_by_namespace, deadline, done);
      });
}

void Executor::ask(const std::shared_ptr<Job>& job, const kube::Target& target, Objection objection,
                   kube::Deadline deadline, Verified done) {
  const std::weak_ptr<bool> alive = alive_;
  client_.get(target, deadline, [alive, job, objection, done = std::move(done)](const kube::Result& answer) {
    if (!alive.lock()) return;
    if (const auto* error = std::get_if<kube::ApiError>(&answer); error && error->passing()) return done(*error);
    std::string reason = objection(job->actions[job->at], answer);
    if (reason.empty()) return done(std::nullopt);
    done(kube::ApiError{409, "Conflict", std::move(reason), std::nullopt});
  });
}

void Executor::offer_if_it_fits(const std::shared_ptr<Job>& job, kube::Deadline deadline, kube::Done done) {
  // A request does not change while the PVC waits; that it is still this one has just been seen.
  const auto claim = store_.claim(job->pvc);
  const std::int64_t requested = claim == nullptr ? 0 : claim->pvc.requested_bytes.value_or(0);
  const core::Image& image = *std::get<SetImage>(job->actions[job->at]).image;
  const std::weak_ptr<bool> alive = alive_;
  client_.get({kube::kVolumeSnapshots, job->pvc.ns, image.name}, deadline,
              [this, alive, job, requested, name = image.name, deadline,
               done = std::move(done)](const kube::Result& answer) mutable {
                if (!alive.lock()) return;
                if (const auto* error = std::get_if<kube::ApiError>(&answer); error && error->passing()) {
                  return done(*error);
                }
                job->outcome.unfit_image = unfit(name, requested, answer);
                if (!job->outcome.unfit_image) return send(job->actions[job->at], deadline, std::move(done));
                ++job->at;
                next(job);
              });
}

void Executor::answered(const std::shared_ptr<Job>& job, const kube::Result& result) {
  const Action& action = job->actions[job->at];
  ++job->at;
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    ++job->outcome.failed;
    if (!job->outcome.error) {
      job->outcome.error = *error;
      job->outcome.action = to_string(action);
    }
    reporter_.failed(job->pvc, store_.claim(job->pvc).get(), action, *error, job->deadline);
    if (error->passing()) return job->done(job->outcome);
    return next(job);
  }
  ++job->outcome.written;
  reporter_.done(job->pvc, action);
  const std::string& text = std::get<std::string>(result);
  if (const auto* remove = std::get_if<Remove>(&action)) {
    // An object with finalizers comes back as it now is; a Status says that it is gone.
    auto left = json::read_observed(text);
    const auto* object = std::get_if<core::Observed>(&left);
    const bool remains = object != nullptr && object->meta.uid == remove->uid && object->meta.deleting;
    if (remains)
      store_.answer_object(family_of(action), *object, job->resets);
    else
      store_.forget_object(family_of(action), remove->ns, remove->name, remove->uid);
  } else if (auto written = json::read_observed(text); std::holds_alternative<core::Observed>(written)) {
    store_.answer_object(family_of(action), std::get<core::Observed>(std::move(written)), job->resets);
  }
  next(job);
}

void Executor::send(const Action& action, kube::Deadline deadline, kube::Done done) {
  const std::string* idle = idle_job(action);
  if (idle == nullptr || idle->empty()) return write(action, deadline, std::move(done));
  // What the watch says may be a moment old, or as old as its silence.
  const std::weak_ptr<bool> alive = alive_;
  client_.get({kube::kJobs, namespace_of(action), *idle}, deadline,
              [this, alive, &action, deadline, done = std::move(done)](const kube::Result& job) {
                if (!alive.lock()) return;
                if (const auto refusal = objection_by_mover(job)) return done(*refusal);
                write(action, deadline, done);
              });
}

void Executor::write(const Action& action, kube::Deadline deadline, kube::Done done) {
  if (const auto* apply = std::get_if<Apply>(&action)) {
    const Object& object = apply->object;
    // What we own we write, whoever has changed it since; what is not there must not be somebody else's by now.
    client_.apply({resource(object.part), object.ns, object.name}, apply_body(*apply), !apply->creates, deadline,
                  std::move(done));
  } else if (const auto* remove = std::get_if<Remove>(&action)) {
    client_.remove({resource(remove->part), remove->ns, remove->name}, {remove->uid, remove->resource_version},
                   deadline, std::move(done));
  } else {
    const auto& set = std::get<SetImage>(action);
    client_.merge_patch({kube::kReplicationDestinations, set.ns, set.name, "status"}, image_body(set), deadline,
                        std::move(done));
  }
}

}  // namespace holdfast::generator
