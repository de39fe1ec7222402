// The ReplicationDestinations of a PVC: the destination, which stands idle, the run, which restores, and the drill,
// which rehearses that.
#include "holdfast/volsync/run_as.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

constexpr const char* kIdleToken = "holdfast-idle";

/// Without a cache: it is filled once and thrown away, and with one VolSync runs the mover a second time and makes the
/// image while that one writes.
Json::Value kopia_spec(const Subject& subject, const core::Identity& identity, const core::RunsAs& root) {
  const core::Claim& claim = subject.claim;
  BackupLayer settings = backup_of(claim, subject.tier, subject.options).settings;
  take_ids(settings, root, subject.options.repository);
  Json::Value kopia = volume_mover_spec(claim, settings, restore_classes(claim, settings, subject.drivers),
                                        secret_name(subject.options.secret, claim.pvc.full_name()));
  put_destination_identity(kopia, identity, claim.pvc.name);
  // Whatever backups copy with: a volume can be populated from a snapshot only.
  kopia["copyMethod"] = "Snapshot";
  if (!claim.requested.empty()) kopia["capacity"] = claim.requested;
  kopia["cleanupTempPVC"] = true;
  put_mover_volumes(kopia, subject.options.repository);
  return kopia;
}

void annotate_some(Object& object, std::string_view key, std::string_view value) {
  if (!value.empty()) annotate(object, key, value);
}

/// Everything but the seal.
Object restoring(Part part, const Subject& subject, const RunWish& wish) {
  Object object = draft(part, subject);
  Json::Value& spec = object.body["spec"];
  spec["trigger"]["manual"] = wish.token;
  spec["kopia"] = kopia_spec(subject, wish.source, wish.root);
  spec["kopia"]["restoreAsOf"] = wish.as_of;
  // An attempt that VolSync repeats must not leave what an earlier one has written.
  spec["kopia"]["enableFileDeletion"] = true;
  return object;
}

}  // namespace

Object destination_object(const Subject& subject, const VerifiedMark& verified, const DrillMark& drilled) {
  Object object = draft(Part::Destination, subject);
  annotate_some(object, key::kVerified, verified.restore);
  annotate_some(object, key::kVerifiedBy, verified.by);
  annotate_some(object, key::kDrill, drilled.token);
  annotate_some(object, key::kDrillEnded, drilled.ended);
  annotate_some(object, key::kDrillProblem, drilled.problem);
  annotate_some(object, key::kDrillVerified, drilled.verified);
  annotate_some(object, key::kDrillMade, drilled.made);
  Json::Value& spec = object.body["spec"];
  spec["paused"] = true;
  spec["trigger"]["manual"] = kIdleToken;
  spec["kopia"] = kopia_spec(subject, subject.identity, {});
  return sealed(std::move(object));
}

Object run_object(const Subject& subject, const RunWish& wish) {
  return sealed(restoring(Part::RestoreRun, subject, wish));
}

Object drill_object(const Subject& subject, const RunWish& wish, std::string_view snapshot,
                    std::string_view requested) {
  Object object = restoring(Part::Drill, subject, wish);
  annotate(object, key::kDrillSnapshot, snapshot);
  annotate_some(object, key::kDrillRequested, requested);
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
