// The second, off-site backup with restic.
#include <fmt/format.h>

#include "holdfast/volsync/run_as.hpp"
#include "holdfast/volsync/schedule.hpp"
#include "src/volsync/draft.hpp"
#include "src/volsync/external_secret.hpp"
#include "src/volsync/mover.hpp"

namespace holdfast::volsync {
namespace {

/// Far away, and nobody else's: any user may write to it, as to a bucket.
RepositoryOptions own_repository() {
  RepositoryOptions repository;
  repository.kind = RepositoryOptions::Kind::S3;
  return repository;
}

/// Each PVC has a repository to itself: restic locks a whole one while it works.
std::string repository_url(const Subject& subject) {
  std::string_view base = subject.options.offsite.repository;
  while (base.ends_with('/')) base.remove_suffix(1);
  return fmt::format("{}/{}", base, core::to_string(subject.claim.pvc.full_name()));
}

Json::Value retain_spec(const Retain& retain) {
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

Object offsite_secret_object(const Subject& subject) {
  const OffsiteOptions& from = subject.options.offsite;
  Object object = draft(Part::OffsiteSecret, subject);
  ExternalSecret secret{object.name, from.store, from.store_kind, subject.options.secret.refresh_interval, from.key,
                        {},          {}};
  secret.read = {{"RESTIC_PASSWORD", from.password_property},
                 {"AWS_ACCESS_KEY_ID", from.access_key_property},
                 {"AWS_SECRET_ACCESS_KEY", from.secret_key_property}};
  secret.given = {{"RESTIC_REPOSITORY", repository_url(subject)}};
  object.body["spec"] = external_secret_spec(secret);
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
  restic["retain"] = retain_spec(subject.options.offsite.retain);
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
