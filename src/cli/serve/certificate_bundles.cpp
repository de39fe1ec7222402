#include <algorithm>
#include <utility>

#include "holdfast/json/tree.hpp"
#include "holdfast/kube/base64.hpp"
#include "src/cli/input/document.hpp"
#include "src/cli/serve/certificate_cluster.hpp"

namespace holdfast::cli {
namespace {

std::string name_of(const kube::Target& target) { return std::string(target.resource.kind) + " " + target.name; }

Json::Value operation(const char* verb, const std::string& path, const std::string& value) {
  Json::Value step;
  step["op"] = verb;
  step["path"] = path;
  step["value"] = value;
  return step;
}

}  // namespace

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

std::optional<certs::Problem> KubeBundlePublisher::take(const kube::Target& target, const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return std::nullopt;
    return certs::Problem{name_of(target) + " cannot be read: " + error->message};
  }
  const auto document = json::read_tree(std::get<std::string>(result));
  if (!document) return certs::Problem{name_of(target) + " cannot be understood"};
  seen_.push_back({target, text_at(*document, {"metadata", "resourceVersion"}), entries_of(*document)});
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

std::vector<certs::Entry> KubeBundlePublisher::entries() const {
  std::vector<certs::Entry> all;
  for (const Configuration& configuration : seen_) {
    for (const OurEntry& entry : configuration.entries) {
      all.push_back({name_of(configuration.target) + ", " + entry.name, entry.bundle});
    }
  }
  return all;
}

void KubeBundlePublisher::publish(const std::string& bundle, std::function<void(std::optional<certs::Problem>)> done) {
  publish_in(0, bundle, std::nullopt, std::move(done));
}

void KubeBundlePublisher::publish_in(std::size_t configuration, std::string bundle,
                                     std::optional<certs::Problem> problem, Published done) {
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
  client_.json_patch(
      seen.target, json::write_tree(steps), answer_by(),
      [this, configuration, bundle = std::move(bundle), problem = std::move(problem),
       done = std::move(done)](const kube::Result& result) mutable {
        const auto* error = std::get_if<kube::ApiError>(&result);
        // 409, 404: it has changed, the next look shows how.
        if (error && !error->conflict() && !error->not_found() && !problem) {
          problem = certs::Problem{name_of(seen_[configuration].target) + " cannot be written: " + error->message};
        }
        if (error && error->code == 0) return done(std::move(problem));
        publish_in(configuration + 1, std::move(bundle), std::move(problem), std::move(done));
      });
}

}  // namespace holdfast::cli
