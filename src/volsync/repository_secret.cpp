// What movers read to open the repository, and the Secrets in which holdfast writes it down itself.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/maintenance.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kPlainHttp = "http://";

/// The mover cuts slashes off the end of a prefix; nobody should read another prefix here than the one it uses.
std::string s3_url(const RepositoryOptions& repository) {
  std::string_view prefix = repository.prefix;
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  return fmt::format("s3://{}{}{}", repository.bucket, prefix.empty() ? "" : "/", prefix);
}

Entries bucket_place(const RepositoryOptions& repository) {
  Entries place = {{mover_key::kRepository, s3_url(repository)}, {"KOPIA_S3_BUCKET", repository.bucket}};
  if (!repository.endpoint.empty()) place.emplace_back("KOPIA_S3_ENDPOINT", repository.endpoint);
  // It drops the scheme of the endpoint, and with it that this one has no TLS.
  if (repository.endpoint.starts_with(kPlainHttp)) place.emplace_back("KOPIA_S3_DISABLE_TLS", "true");
  if (!repository.region.empty()) place.emplace_back("AWS_REGION", repository.region);
  return place;
}

Object with_data(Object object, const RepositoryOptions& repository, const Credentials& credentials) {
  object.body["type"] = "Opaque";
  Entries entries = repository_place(repository);
  entries.emplace_back(mover_key::kPassword, credentials.password);
  if (repository.kind == RepositoryOptions::Kind::S3) {
    entries.emplace_back(mover_key::kAccessKey, credentials.access_key);
    entries.emplace_back(mover_key::kSecretKey, credentials.secret_key);
    if (!credentials.session_token.empty()) entries.emplace_back("AWS_SESSION_TOKEN", credentials.session_token);
  }
  // The hash is of what is in it, and not of what that says.
  for (const auto& [name, value] : entries) object.body["data"][name] = "";
  object = sealed(std::move(object));
  for (const auto& [name, value] : entries) object.body["data"][name] = base::base64(value);
  return object;
}

}  // namespace

Entries repository_place(const RepositoryOptions& repository) {
  if (repository.kind == RepositoryOptions::Kind::S3) return bucket_place(repository);
  const std::string folder = repository_folder(repository);
  return {{mover_key::kRepository, "filesystem://" + folder}, {"KOPIA_FS_PATH", folder}};
}

Object secret_copy(const core::Claim& claim, const Options& options, const Credentials& credentials) {
  Object object = draft(Part::SecretCopy, claim, secret_name(options.secret, claim.pvc.full_name()));
  return with_data(std::move(object), options.repository, credentials);
}

Object maintenance_copy(const Options& options, const Credentials& credentials) {
  Object object = draft(Part::SecretCopy, options.own_namespace, options.maintenance.secret);
  return with_data(std::move(object), without_injection(options.repository), credentials);
}

bool same_copy(const Object& wanted, const core::Observed& observed, const Json::Value& data) {
  const Json::Value& ours = wanted.body["data"];
  const auto is_there = [&](const std::string& name) { return json::at(data, {name}) == ours[name]; };
  return std::ranges::all_of(ours.getMemberNames(), is_there) && same(wanted, observed);
}

std::vector<std::string> missing_keys(const Json::Value& data) {
  std::vector<std::string> missing;
  for (const char* key : {mover_key::kRepository, mover_key::kPassword}) {
    if (json::text_at(data, {key}).empty()) missing.emplace_back(key);
  }
  return missing;
}

}  // namespace holdfast::volsync
