// ExternalSecrets: which Secret External Secrets makes, from what it reads in a store and what is no secret.
#include <fmt/format.h>

#include <utility>

#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

struct ExternalSecret {
  std::string name;  ///< of the Secret
  std::string store, store_kind;
  std::string refresh_interval;
  std::string key;  ///< in the store
  /// Key of the Secret and property in the store.
  std::vector<std::pair<std::string, std::string>> read;
  /// Key of the Secret and value; no secrets.
  std::vector<std::pair<std::string, std::string>> given;
};

Json::Value external_secret_spec(const ExternalSecret& secret) {
  Json::Value spec;
  spec["refreshInterval"] = secret.refresh_interval;
  spec["secretStoreRef"]["kind"] = secret.store_kind;
  spec["secretStoreRef"]["name"] = secret.store;
  for (const auto& [name, property] : secret.read) {
    Json::Value entry;
    entry["secretKey"] = name;
    entry["remoteRef"]["key"] = secret.key;
    if (!property.empty()) entry["remoteRef"]["property"] = property;
    spec["data"].append(entry);
  }
  Json::Value& target = spec["target"];
  target["name"] = secret.name;
  target["creationPolicy"] = "Owner";
  if (secret.given.empty()) return spec;
  target["template"]["engineVersion"] = "v2";
  target["template"]["mergePolicy"] = "Merge";
  for (const auto& [name, value] : secret.given) target["template"]["data"][name] = value;
  return spec;
}

/// Each PVC has a repository to itself: restic locks a whole one while it works.
std::string repository_url(const Subject& subject) {
  std::string_view base = subject.options.offsite.repository;
  while (base.ends_with('/')) base.remove_suffix(1);
  return fmt::format("{}/{}", base, core::to_string(subject.claim.pvc.full_name()));
}

}  // namespace

Json::Value repository_secret_spec(std::string_view name, const Options& options) {
  const SecretOptions& from = options.secret;
  ExternalSecret secret{std::string(name), from.store, from.store_kind, from.refresh_interval, from.key, {}, {}};
  secret.read.emplace_back(mover_key::kPassword, from.property);
  if (options.repository.kind == RepositoryOptions::Kind::S3) {
    secret.read.emplace_back(mover_key::kAccessKey, from.access_key_property);
    secret.read.emplace_back(mover_key::kSecretKey, from.secret_key_property);
  }
  secret.given = repository_place(options.repository);
  return external_secret_spec(secret);
}

Object secret_object(const Subject& subject) {
  Object object = draft(Part::Secret, subject);
  const std::string name = secret_name(subject.options.secret, subject.claim.pvc.full_name());
  object.body["spec"] = repository_secret_spec(name, subject.options);
  return sealed(std::move(object));
}

Object offsite_secret_object(const Subject& subject) {
  const OffsiteOptions& from = subject.options.offsite;
  Object object = draft(Part::OffsiteSecret, subject);
  ExternalSecret secret{object.name, from.store, from.store_kind, subject.options.secret.refresh_interval, from.key,
                        {},          {}};
  secret.read = {{"RESTIC_PASSWORD", from.password_property},
                 {mover_key::kAccessKey, from.access_key_property},
                 {mover_key::kSecretKey, from.secret_key_property}};
  secret.given = {{"RESTIC_REPOSITORY", repository_url(subject)}};
  object.body["spec"] = external_secret_spec(secret);
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
