#include <algorithm>
#include <utility>

#include "holdfast/json/tree.hpp"
#include "holdfast/kube/base64.hpp"
#include "src/cli/input/document.hpp"
#include "src/cli/serve/certificate_cluster.hpp"

namespace holdfast::cli {
namespace {

constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
constexpr const char* kHoldfast = "holdfast";

std::string name_of(const kube::Target& target) { return "Secret " + target.ns + "/" + target.name; }

Json::Value new_document(const kube::Target& target) {
  Json::Value document;
  document["apiVersion"] = target.resource.api_version();
  document["kind"] = std::string(target.resource.kind);
  document["metadata"]["name"] = target.name;
  document["metadata"]["namespace"] = target.ns;
  document["metadata"]["labels"]["app.kubernetes.io/name"] = kHoldfast;
  document["type"] = "kubernetes.io/tls";
  return document;
}

}  // namespace

std::optional<certs::SharedSecret> read_shared_secret(const Json::Value& document) {
  certs::SharedSecret secret;
  secret.version = text_at(document, {"metadata", "resourceVersion"});
  if (secret.version.empty()) return std::nullopt;
  secret.ours = text_at(document, {"metadata", "labels", kManagedBy}) == kHoldfast;
  const Json::Value& data = at(document, {"data"});
  if (!data.isObject()) return secret;
  for (auto member = data.begin(); member != data.end(); ++member) {
    const auto value = member->isString() ? kube::decode_base64(member->asString()) : std::nullopt;
    if (!value) return std::nullopt;
    if (!value->empty()) secret.data[member.name()] = *value;
  }
  return secret;
}

KubeSecretStore::KubeSecretStore(kube::Client& client, std::string ns, std::string name)
    : client_(client), target_{kube::kSecrets, std::move(ns), std::move(name)} {}

void KubeSecretStore::read(std::function<void(Found)> done) {
  client_.get(target_, answer_by(),
              [this, done = std::move(done)](const kube::Result& result) { done(found(result)); });
}

certs::SecretStore::Found KubeSecretStore::found(const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return std::nullopt;
    return certs::Problem{name_of(target_) + " cannot be read: " + error->message};
  }
  auto document = json::read_tree(std::get<std::string>(result));
  auto secret = document ? read_shared_secret(*document) : std::nullopt;
  if (!secret) return certs::Problem{name_of(target_) + " cannot be understood"};
  read_ = *std::move(document);
  return secret;
}

/// Type, labels and annotations stay as they were read.
void KubeSecretStore::write(const certs::SharedSecret& secret, std::function<void(Written)> done) {
  const bool create = secret.version.empty();
  Json::Value document = create ? new_document(target_) : read_;
  document["metadata"].removeMember("managedFields");
  document["metadata"]["labels"][kManagedBy] = kHoldfast;
  document["data"] = Json::objectValue;
  for (const auto& [key, value] : secret.data) document["data"][key] = kube::encode_base64(value);
  auto answered = [this, done = std::move(done)](const kube::Result& result) {
    const auto* error = std::get_if<kube::ApiError>(&result);
    // 404: somebody has deleted what was read.
    if (error && (error->conflict() || error->not_found())) return done(Conflict{});
    if (error) return done(certs::Problem{name_of(target_) + " cannot be written: " + error->message});
    const auto written = json::read_tree(std::get<std::string>(result));
    done(written ? text_at(*written, {"metadata", "resourceVersion"}) : std::string());
  };
  std::string body = json::write_tree(document);
  if (create) return client_.create(target_, std::move(body), answer_by(), std::move(answered));
  client_.replace(target_, std::move(body), answer_by(), std::move(answered));
}

}  // namespace holdfast::cli
