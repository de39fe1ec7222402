// The two ReplicationSources of a PVC: its backup, and the second, off-site one with restic.
#include "holdfast/volsync/run_as.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

/// Every number, a zero too: kopia would put a default of its own in place of one that is missing.
Json::Value retain_spec(const Retain& retain) {
  Json::Value spec;
  spec["hourly"] = retain.hourly;
  spec["daily"] = retain.daily;
  spec["weekly"] = retain.weekly;
  spec["monthly"] = retain.monthly;
  return spec;
}

Json::Value kopia_spec(const Subject& subject, const BackupLayer& settings) {
  const core::Claim& claim = subject.claim;
  Json::Value kopia = volume_mover_spec(claim, settings, backup_classes(claim, settings, subject.drivers),
                                        names(subject.policy.naming, claim.pvc.name).secret);
  put_cache(kopia, settings);
  put_source_identity(kopia, subject.identity);
  if (settings.copy_method) kopia["copyMethod"] = *settings.copy_method;
  if (settings.compression) kopia["compression"] = *settings.compression;
  if (settings.parallelism) kopia["parallelism"] = *settings.parallelism;
  if (settings.retain) kopia["retain"] = retain_spec(*settings.retain);
  put_mover_volumes(kopia, subject.options.repository);
  return kopia;
}

/// Far away, and nobody else's: any user may write to it, as to a bucket.
RepositoryOptions own_repository() {
  RepositoryOptions repository;
  repository.kind = RepositoryOptions::Kind::S3;
  return repository;
}

/// Only what is kept.
Json::Value offsite_retain_spec(const Retain& retain) {
  Json::Value spec(Json::objectValue);
  const auto put = [&](const char* name, int number) {
    if (number > 0) spec[name] = number;
  };
  put("hourly", retain.hourly);
  put("daily", retain.daily);
  put("weekly", retain.weekly);
  put("monthly", retain.monthly);
  return spec;
}

}  // namespace

Object source_object(const Subject& subject) {
  Backup backup = backup_of(subject.claim, subject.tier, subject.options);
  Object object = draft(Part::Source, subject);
  if (is_automatic(backup.settings)) {
    if (subject.users != core::RunsAs{}) annotate(object, key::kUsers, to_text(subject.users));
    take_ids(backup.settings, subject.users, subject.options.repository);
  }
  Json::Value& spec = object.body["spec"];
  spec["sourcePVC"] = subject.claim.pvc.name;
  spec["trigger"]["schedule"] = backup.schedule;
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
  restic["retain"] = offsite_retain_spec(subject.options.offsite.retain);
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
