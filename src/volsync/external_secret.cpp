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

constexpr std::string_view kPlainHttp = "http://";

/// The mover cuts slashes off the end of a prefix; nobody should read another prefix here than the one it uses.
std::string s3_url(const RepositoryOptions& repository) {
  std::string_view prefix = repository.prefix;
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  return fmt::format("s3://{}{}{}", repository.bucket, prefix.empty() ? "" : "/", prefix);
}

void give_s3(ExternalSecret& secret, const Options& options) {
  const RepositoryOptions& repository = options.repository;
  secret.given.emplace_back("KOPIA_REPOSITORY", s3_url(repository));
  secret.given.emplace_back("KOPIA_S3_BUCKET", repository.bucket);
  if (!repository.endpoint.empty()) secret.given.emplace_back("KOPIA_S3_ENDPOINT", repository.endpoint);
  // It drops the scheme of the endpoint, and with it that this one has no TLS.
  if (repository.endpoint.starts_with(kPlainHttp)) secret.given.emplace_back("KOPIA_S3_DISABLE_TLS", "true");
  if (!repository.region.empty()) secret.given.emplace_back("AWS_REGION", repository.region);
  secret.read.emplace_back("AWS_ACCESS_KEY_ID", options.secret.access_key_property);
  secret.read.emplace_back("AWS_SECRET_ACCESS_KEY", options.secret.secret_key_property);
}

void give_folder(ExternalSecret& secret, const RepositoryOptions& repository) {
  const std::string folder = repository_folder(repository);
  secret.given.emplace_back("KOPIA_REPOSITORY", "filesystem://" + folder);
  secret.given.emplace_back("KOPIA_FS_PATH", folder);
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
  secret.read.emplace_back("KOPIA_PASSWORD", from.property);
  if (options.repository.kind == RepositoryOptions::Kind::S3)
    give_s3(secret, options);
  else
    give_folder(secret, options.repository);
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
                 {"AWS_ACCESS_KEY_ID", from.access_key_property},
                 {"AWS_SECRET_ACCESS_KEY", from.secret_key_property}};
  secret.given = {{"RESTIC_REPOSITORY", repository_url(subject)}};
  object.body["spec"] = external_secret_spec(secret);
  return sealed(std::move(object));
}

}  // namespace holdfast::volsync
