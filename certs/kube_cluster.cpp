#include "holdfast/certs/kube_cluster.hpp"

#include <chrono>
#include <utility>

#include "holdfast/json/tree.hpp"
#include "holdfast/kube/base64.hpp"

namespace holdfast::certs {
namespace {

using json::at;
using json::text_at;

constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
constexpr const char* kHoldfast = "holdfast";
constexpr std::chrono::seconds kAnswerWithin{5};

kube::Deadline answer_by() { return std::chrono::steady_clock::now() + kAnswerWithin; }

std::string name_of(const kube::Target& target) {
  return std::string(target.resource.kind) + " " + (target.ns.empty() ? "" : target.ns + "/") + target.name;
}

Problem not_understood(const kube::Target& target) { return {name_of(target) + " cannot be understood"}; }

/// What a read found; nullopt: there is no such object.
std::variant<std::optional<Json::Value>, Problem> document_in(const kube::Result& result, const kube::Target& target) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return std::nullopt;
    return Problem{name_of(target) + " cannot be read: " + error->message};
  }
  if (auto document = json::read_tree(std::get<std::string>(result))) return document;
  return not_understood(target);
}

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

Json::Value operation(const char* verb, const std::string& path, const std::string& value) {
  Json::Value step;
  step["op"] = verb;
  step["path"] = path;
  step["value"] = value;
  return step;
}

}  // namespace

std::optional<SharedSecret> read_shared_secret(const Json::Value& document) {
  SharedSecret secret;
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

SecretStore::Found KubeSecretStore::found(const kube::Result& result) {
  auto document = document_in(result, target_);
  if (auto* problem = std::get_if<Problem>(&document)) return std::move(*problem);
  auto& read = std::get<std::optional<Json::Value>>(document);
  if (!read) return std::nullopt;
  auto secret = read_shared_secret(*read);
  if (!secret) return not_understood(target_);
  read_ = *std::move(read);
  return secret;
}

/// Type, labels and annotations stay as they were read.
void KubeSecretStore::write(const SharedSecret& secret, std::function<void(Written)> done) {
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
    if (error) return done(Problem{name_of(target_) + " cannot be written: " + error->message});
    const auto written = json::read_tree(std::get<std::string>(result));
    done(written ? text_at(*written, {"metadata", "resourceVersion"}) : std::string());
  };
  std::string body = json::write_tree(document);
  if (create) return client_.create(target_, std::move(body), answer_by(), std::move(answered));
  client_.replace(target_, std::move(body), answer_by(), std::move(answered));
}

KubeBundlePublisher::KubeBundlePublisher(kube::Client& client, Service service,
                                         const std::vector<std::string>& configurations)
    : client_(client), service_(std::move(service)) {
  for (const kube::Resource& resource : {kube::kMutatingWebhooks, kube::kValidatingWebhooks}) {
    for (const std::string& name : configurations) targets_.push_back({resource, "", name});
  }
}

void KubeBundlePublisher::look(std::function<void(Found)> done) {
  seen_.clear();
  look_at(0, std::move(done));
}

/// One after the other.
void KubeBundlePublisher::look_at(std::size_t target, Looked done) {
  if (target == targets_.size()) return done(entries());
  client_.get(targets_[target], answer_by(),
              [this, target, done = std::move(done)](const kube::Result& result) mutable {
                if (auto problem = take(targets_[target], result)) return done(*std::move(problem));
                look_at(target + 1, std::move(done));
              });
}

std::optional<Problem> KubeBundlePublisher::take(const kube::Target& target, const kube::Result& result) {
  const auto document = document_in(result, target);
  if (const auto* problem = std::get_if<Problem>(&document)) return *problem;
  if (const auto& read = std::get<std::optional<Json::Value>>(document)) {
    seen_.push_back({target, text_at(*read, {"metadata", "resourceVersion"}), entries_of(*read)});
  }
  return std::nullopt;
}

std::vector<KubeBundlePublisher::OurEntry> KubeBundlePublisher::entries_of(const Json::Value& document) const {
  std::vector<OurEntry> entries;
  unsigned index = 0;
  for (const Json::Value& webhook : at(document, {"webhooks"})) {
    const Json::Value& client = at(webhook, {"clientConfig"});
    const bool ours = text_at(client, {"service", "namespace"}) == service_.ns &&
                      text_at(client, {"service", "name"}) == service_.name;
    if (ours) {
      auto bundle = kube::decode_base64(text_at(client, {"caBundle"}));
      entries.push_back({index, text_at(webhook, {"name"}), std::move(bundle).value_or("")});
    }
    ++index;
  }
  return entries;
}

std::vector<Entry> KubeBundlePublisher::entries() const {
  std::vector<Entry> all;
  for (const Configuration& configuration : seen_) {
    for (const OurEntry& entry : configuration.entries) {
      all.push_back({name_of(configuration.target) + ", " + entry.name, entry.bundle});
    }
  }
  return all;
}

void KubeBundlePublisher::publish(const std::string& bundle, std::function<void(std::optional<Problem>)> done) {
  publish_in(0, bundle, std::nullopt, std::move(done));
}

void KubeBundlePublisher::publish_in(std::size_t configuration, std::string bundle, std::optional<Problem> problem,
                                     Published done) {
  if (configuration == seen_.size()) return done(std::move(problem));
  const Configuration& seen = seen_[configuration];
  Json::Value steps;
  steps.append(operation("replace", "/metadata/resourceVersion", seen.version));
  for (const OurEntry& entry : seen.entries) {
    if (entry.bundle == bundle) continue;
    const std::string path = "/webhooks/" + std::to_string(entry.index) + "/clientConfig/caBundle";
    steps.append(operation("add", path, kube::encode_base64(bundle)));
  }
  if (steps.size() == 1) return publish_in(configuration + 1, std::move(bundle), std::move(problem), std::move(done));
  client_.json_patch(seen.target, json::write_tree(steps), answer_by(),
                     [this, configuration, bundle = std::move(bundle), problem = std::move(problem),
                      done = std::move(done)](const kube::Result& result) mutable {
                       const auto* error = std::get_if<kube::ApiError>(&result);
                       // 409, 404: it has changed, the next look shows how.
                       if (error && !error->conflict() && !error->not_found() && !problem) {
                         problem =
                             Problem{name_of(seen_[configuration].target) + " cannot be written: " + error->message};
                       }
                       if (error && error->code == 0) return done(std::move(problem));
                       publish_in(configuration + 1, std::move(bundle), std::move(problem), std::move(done));
                     });
}

}  // namespace holdfast::certs
