#include "src/cli/cluster_client.hpp"

#include <fmt/format.h>

#include <future>
#include <memory>
#include <stdexcept>

#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr kube::Resource kReviews{"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview",
                                  false};

Answer parsed(kube::Result result) {
  if (auto* error = std::get_if<kube::ApiError>(&result)) return std::move(*error);
  if (auto value = json::read_tree(std::get<std::string>(result))) return *std::move(value);
  return kube::ApiError{0, "NotJson", "the answer is no JSON", {}};
}

}  // namespace

core::Observed observed_in(const Json::Value& object) {
  auto read = json::read_observed(json::write_tree(object));
  if (auto* observed = std::get_if<core::Observed>(&read)) return std::move(*observed);
  throw std::runtime_error(fmt::format("{}/{} cannot be read: {}", text_at(object, {"metadata", "namespace"}),
                                       text_at(object, {"metadata", "name"}),
                                       std::get<json::ObjectFault>(read).problem));
}

ClusterClient::ClusterClient(const kube::Config& config, const ops::Logger& log)
    : client_(loop_, config, {1, "holdfast-cli"}, log) {}

Answer ClusterClient::wait(const std::function<void(kube::Deadline, kube::Done)>& ask) {
  const auto answer = std::make_shared<std::promise<kube::Result>>();
  ask(std::chrono::steady_clock::now() + kPatience,
      [answer](kube::Result result) { answer->set_value(std::move(result)); });
  return parsed(answer->get_future().get());
}

Answer ClusterClient::page(std::string_view path) {
  return wait([&](kube::Deadline deadline, kube::Done done) { client_.get_page(path, deadline, std::move(done)); });
}

Answer ClusterClient::object(const kube::Resource& resource, const std::string& ns, const std::string& name) {
  return wait([&](kube::Deadline deadline, kube::Done done) {
    client_.get({resource, ns, name}, deadline, std::move(done));
  });
}

Answer ClusterClient::list(const kube::Resource& resource, const std::string& ns, const std::string& label_selector) {
  return wait([&](kube::Deadline deadline, kube::Done done) {
    kube::Client::ListOptions all;
    all.limit = 0;
    all.label_selector = label_selector;
    client_.list(resource, ns, all, deadline, std::move(done));
  });
}

Answer ClusterClient::list_ours(const kube::Resource& resource, const std::string& ns) {
  return list(resource, ns, fmt::format("{}={}", volsync::key::kManagedBy, volsync::kManager));
}

Answer ClusterClient::patch(const kube::Resource& resource, const std::string& ns, const std::string& name,
                            const Json::Value& changes) {
  return wait([&](kube::Deadline deadline, kube::Done done) {
    client_.merge_patch({resource, ns, name}, json::write_tree(changes), deadline, std::move(done));
  });
}

std::variant<bool, kube::ApiError> ClusterClient::may(const std::string& verb, std::string_view group,
                                                      std::string_view resource, const std::string& ns,
                                                      const std::string& name) {
  const std::size_t slash = resource.find('/');
  Json::Value review;
  review["apiVersion"] = kReviews.api_version();
  review["kind"] = std::string(kReviews.kind);
  Json::Value& asked = review["spec"]["resourceAttributes"];
  asked["verb"] = verb;
  asked["group"] = std::string(group);
  asked["resource"] = std::string(resource.substr(0, slash));
  if (slash != std::string_view::npos) asked["subresource"] = std::string(resource.substr(slash + 1));
  if (!ns.empty()) asked["namespace"] = ns;
  if (!name.empty()) asked["name"] = name;
  auto answer = wait([&](kube::Deadline deadline, kube::Done done) {
    client_.create({kReviews, "", ""}, json::write_tree(review), deadline, std::move(done));
  });
  if (auto* error = std::get_if<kube::ApiError>(&answer)) return std::move(*error);
  return at(std::get<Json::Value>(answer), {"status", "allowed"}) == true;
}

}  // namespace holdfast::cli
