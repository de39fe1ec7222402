// The two ReplicationDestinations of a PVC: the destination, which stands idle, and the run, which restores.
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
                                        names(subject.policy.naming, claim.pvc.name).secret);
  put_destination_identity(kopia, identity, claim.pvc.name);
  // Whatever backups copy with: a volume can be populated from a snapshot only.
  kopia["copyMethod"] = "Snapshot";
  if (!claim.requested.empty()) kopia["capacity"] = claim.requested;
  kopia["cleanupTempPVC"] = true;
  put_mover_volumes(kopia, subject.options.repository);
  return kopia;
}

}  // namespace

Object destination_object(const Subject& subject, const VerifiedMark& verified) {
  Object object = draft(Part::Destination, subject);
  if (!verified.restore.empty()) annotate(object, key::kVerified, verified.restore);
  if (!verified.by.empty()) annotate(object, key::kVerifiedBy, verified.by);
  Json::Value& spec = object.body["spec"];
  spec["paused"] = true;
  spec["trigger"]["manual"] = kIdleToken;
  spec["kopia"] = kopia_spec(subject, subject.identity, {});
  return sealed(std::move(object));
}

Object run_object(const Subject& subject, const RunWish& wish) {
  Object object = draft(Part::RestoreRun, subject);
  Json::Value& spec = object.body["spec"];
  spec["trigger"]["manual"] = wish.token;
  spec["kopia"] = kopia_spec(subject, wish.source, wish.root);
  spec["kopia"]["restoreAsOf"] = wish.as_of;
  // An attempt that VolSync repeats must not leave what an earlier one has written.
  spec["kopia"]["enableFileDeletion"] = true;
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
