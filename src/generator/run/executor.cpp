#include "src/generator/run/executor.hpp"

#include "holdfast/base/clock.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/adoption.hpp"

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

std::string disown_body(const Disown& disown) {
  Json::Value body;
  body["metadata"]["uid"] = disown.uid;
  for (const std::string& label : disown.labels) body["metadata"]["labels"][label] = Json::Value();
  return json::write_tree(body);
}

/// What is to be written on `there`, which is to be taken over, so that it can be given back; null: it says so already.
std::variant<Json::Value, kube::ApiError> note_on(const Apply& apply, const kube::Result& there) {
  if (const auto* error = std::get_if<kube::ApiError>(&there)) return *error;
  const Json::Value object = json::read_tree(std::get<std::string>(there)).value_or(Json::Value());
  const bool same = json::text_at(object, {"metadata", "uid"}) == apply.uid &&
                    (apply.resource_version.empty() ||
                     json::text_at(object, {"metadata", "resourceVersion"}) == apply.resource_version);
  if (!same) return kube::ApiError{409, "Conflict", "it has changed since it was looked at", std::nullopt};
  auto change = record_patch(object);
  if (auto* problem = std::get_if<std::string>(&change)) {
    return kube::ApiError{409, "Conflict", std::move(*problem), std::nullopt};
  }
  return std::get<Json::Value>(std::move(change));
}

std::string version_of(const std::string& object) {
  return json::text_at(json::read_tree(object).value_or(Json::Value()), {"metadata", "resourceVersion"});
}

Family family_of(const Action& action) {
  if (const auto* apply = std::get_if<Apply>(&action)) return family(apply->object.part);
  if (const auto* remove = std::get_if<Remove>(&action)) return family(remove->part);
  if (const auto* disown = std::get_if<Disown>(&action)) return family(disown->part);
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
  std::size_t resets = 0;              ///< of the store when the write under way began
  std::vector<LiveCheck> checks = {};  ///< before it
};

Executor::Executor(kube::Client& client, Store& store, Reporter& reporter)
    : client_(client), store_(store), reporter_(reporter) {}

void Executor::run(core::PvcName pvc, std::vector<Action> actions, kube::Deadline deadline, Done done) {
  next(std::make_shared<Job>(Job{std::move(pvc), std::move(actions), deadline, std::move(done)}));
}

void Executor::next(const std::shared_ptr<Job>& job) {
  const auto now = std::chrono::steady_clock::now();
  if (job->at == job->actions.size() || now >= job->deadline) return job->done(job->outcome);
  const kube::Deadline deadline = std::min(job->deadline, now + kOneWrite);
  kube::Done done = alive_.guard([this, job](const kube::Result& result) { answered(job, result); });
  job->resets = store_.resets(family_of(job->actions[job->at]));
  job->checks = live_checks(job->actions[job->at], job->pvc);
  verify(job, 0, deadline, [this, job, deadline, done = std::move(done)](const std::optional<kube::ApiError>& refusal) {
    if (refusal) return done(*refusal);
    const Action& action = job->actions[job->at];
    if (takeover(action) != nullptr) return note_what_it_was(job, deadline, done);
    const auto* set = std::get_if<SetImage>(&action);
    if (set == nullptr || !set->image) return send(action, deadline, done);
    offer_if_it_fits(job, deadline, done);
  });
}

/// What the watches say may be a moment old, or as old as their silence. `check`: the one of the job's to go on with.
void Executor::verify(const std::shared_ptr<Job>& job, std::size_t check, kube::Deadline deadline, Verified done) {
  if (check == job->checks.size()) return done(std::nullopt);
  client_.get(job->checks[check].target, deadline,
              alive_.guard([this, job, check, deadline, done = std::move(done)](const kube::Result& answer) {
                const auto* error = std::get_if<kube::ApiError>(&answer);
                if (error != nullptr && error->passing()) return done(*error);
                const auto refusal = job->checks[check].objection(job->actions[job->at], answer);
                if (refusal) return done(refusal);
                verify(job, check + 1, deadline, done);
              }));
}

/// It can be given back as it was. What is written down is what is taken over, or neither happens.
void Executor::note_what_it_was(const std::shared_ptr<Job>& job, kube::Deadline deadline, const kube::Done& done) {
  const Apply& apply = std::get<Apply>(job->actions[job->at]);
  const kube::Target target{resource(apply.object.part), apply.object.ns, apply.object.name};
  const auto take_over = [this, job, deadline, done](const kube::Result& noted) {
    if (const auto* error = std::get_if<kube::ApiError>(&noted)) return done(*error);
    std::string version = version_of(std::get<std::string>(noted));
    if (version.empty()) return done(kube::ApiError{409, "Conflict", "the API server names no version", std::nullopt});
    std::get<Apply>(job->actions[job->at]).resource_version = std::move(version);
    send(job->actions[job->at], deadline, done);
  };
  client_.get(target, deadline, alive_.guard([this, job, target, deadline, take_over, done](const kube::Result& there) {
    const auto note = note_on(std::get<Apply>(job->actions[job->at]), there);
    if (const auto* error = std::get_if<kube::ApiError>(&note)) return done(*error);
    const auto& change = std::get<Json::Value>(note);
    if (change.isNull()) return take_over(there);
    client_.merge_patch(target, json::write_tree(change), deadline, alive_.guard(take_over));
  }));
}

void Executor::offer_if_it_fits(const std::shared_ptr<Job>& job, kube::Deadline deadline, kube::Done done) {
  // A request does not change while the PVC waits; that it is still this one has just been seen.
  const auto claim = store_.claim(job->pvc);
  const std::int64_t requested = claim == nullptr ? 0 : claim->pvc.requested_bytes.value_or(0);
  const core::Image& image = *std::get<SetImage>(job->actions[job->at]).image;
  client_.get({kube::kVolumeSnapshots, job->pvc.ns, image.name}, deadline,
              alive_.guard([this, job, requested, name = image.name, deadline,
                            done = std::move(done)](const kube::Result& answer) mutable {
                const auto* error = std::get_if<kube::ApiError>(&answer);
                if (error != nullptr && error->passing()) return done(*error);
                job->outcome.unfit_image = unfit(name, requested, answer);
                if (!job->outcome.unfit_image) return send(job->actions[job->at], deadline, std::move(done));
                ++job->at;
                next(job);
              }));
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
    // What movers use together goes over together.
    if (error->passing() || takeover(action) != nullptr) return job->done(job->outcome);
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
  if (const auto* apply = std::get_if<Apply>(&action)) {
    const Object& object = apply->object;
    // What we own we write, whoever has changed it since; what is not there must not be somebody else's by now.
    client_.apply({resource(object.part), object.ns, object.name}, apply_body(*apply), !apply->creates, deadline,
                  std::move(done));
  } else if (const auto* remove = std::get_if<Remove>(&action)) {
    client_.remove({resource(remove->part), remove->ns, remove->name}, {remove->uid, remove->resource_version},
                   deadline, std::move(done));
  } else if (const auto* disown = std::get_if<Disown>(&action)) {
    client_.merge_patch({resource(disown->part), disown->ns, disown->name}, disown_body(*disown), deadline,
                        std::move(done));
  } else {
    const auto& set = std::get<SetImage>(action);
    client_.merge_patch({kube::kReplicationDestinations, set.ns, set.name, "status"}, image_body(set), deadline,
                        std::move(done));
  }
}

}  // namespace holdfast::generator
