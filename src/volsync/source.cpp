// The two ReplicationSources of a PVC: its backup, and the second, off-site one with restic.
#include <utility>

#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/run_as.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

Json::Value retain_spec(const Retain& retain, bool with_zeros) {
  Json::Value spec(Json::objectValue);
  for (const auto& [name, number] : {std::pair{"hourly", retain.hourly},
                                     {"daily", retain.daily},
                                     {"weekly", retain.weekly},
                                     {"monthly", retain.monthly}}) {
    if (number > 0 || with_zeros) spec[name] = number;
  }
  return spec;
}

Json::Value kopia_spec(const Subject& subject, const BackupLayer& settings) {
  const core::Claim& claim = subject.claim;
  Json::Value kopia = volume_mover_spec(claim, settings, backup_classes(claim, settings, subject.drivers),
                                        secret_name(subject.options.secret, claim.pvc.full_name()));
  put_cache(kopia, settings);
  put_source_identity(kopia, subject.identity);
  if (settings.copy_method) kopia["copyMethod"] = *settings.copy_method;
  if (settings.compression) kopia["compression"] = *settings.compression;
  if (settings.parallelism) kopia["parallelism"] = *settings.parallelism;
  // A zero too: kopia would put a default of its own in place of a number that is missing.
  if (settings.retain) kopia["retain"] = retain_spec(*settings.retain, true);
  put_mover_volumes(kopia, subject.options.repository);
  return kopia;
}

/// Far away, and nobody else's: any user may write to it, as to a bucket.
RepositoryOptions own_repository() {
  RepositoryOptions repository;
  repository.kind = RepositoryOptions::Kind::S3;
  return repository;
}

}  // namespace

Object source_object(const Subject& subject, const BackupRequest& request, std::string_view kept) {
  Backup backup = backup_of(subject.claim, subject.tier, subject.options);
  Object object = draft(Part::Source, subject);
  if (is_automatic(backup.settings)) {
    if (subject.users != core::RunsAs{}) annotate(object, key::kUsers, to_text(subject.users));
    take_ids(backup.settings, subject.users, subject.options.repository);
  }
  if (!request.made.empty()) annotate(object, key::kBackupMade, request.made);
  if (backup.is_usual && !kept.empty() && kept != backup.schedule) {
    annotate(object, key::kScheduleKept, kept_schedule_text(subject.tier, kept));
    backup.schedule = kept;
  }
  Json::Value& spec = object.body["spec"];
  spec["sourcePVC"] = subject.claim.pvc.name;
  spec["trigger"]["schedule"] = backup.schedule;
  if (!request.token.empty()) spec["trigger"]["manual"] = request.token;
  spec["kopia"] = kopia_spec(subject, backup.settings);
  return sealed(std::move(object));
}

Object offsite_source_object(const Subject& subject) {
  const core::Claim& claim = subject.claim;
  BackupLayer settings = backup_of(claim, subject.tier, subject.options).settings;
  take_ids(settings, subject.users, own_repository(), true);
  Object object = draft(Part::OffsiteSource, subject);
  Json::Value& spec = object.body["spec"];
  spec["sourcePVC"] = claim.pvc.name;
  spec["trigger"]["schedule"] = spread(subject.options.offsite.schedule, claim.pvc.full_name());
  Json::Value& restic = spec["restic"];
  restic = volume_mover_spec(claim, settings, backup_classes(claim, settings, subject.drivers),
                             names(subject.policy.naming, claim.pvc.name).offsite_secret);
  put_cache(restic, settings);
  if (settings.copy_method) restic["copyMethod"] = *settings.copy_method;
  restic["retain"] = retain_spec(subject.options.offsite.retain, false);
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
