#include "src/kube/calls.hpp"

#include <utility>

#include "holdfast/json/tree.hpp"
#include "src/kube/query.hpp"

namespace holdfast::kube {

namespace {

constexpr std::string_view kFieldManager = "holdfast";
constexpr const char* kJson = "application/json";

net::Call make(std::string method, std::string target, const Query& query) {
  net::Call call;
  call.method = std::move(method);
  call.target = std::move(target) + query.text();
  call.headers.emplace_back("Accept", kJson);
  return call;
}

std::string object_path(const Config& config, const Target& target) {
  return config.base_path + path(target.resource, target.ns, target.name, target.subresource);
}

std::string number(std::size_t value) { return value == 0 ? std::string() : std::to_string(value); }

/// Every write says who writes, and that a field unknown to the API server is a mistake of ours.
Query write_query() {
  Query query;
  query.add("fieldManager", kFieldManager).add("fieldValidation", "Strict");
  return query;
}

net::Call with_body(net::Call call, const char* content_type, std::string body) {
  call.headers.emplace_back("Content-Type", content_type);
  call.body = std::move(body);
  return call;
}

}  // namespace

net::Call get_call(const Config& config, const Target& target) {
  return make("GET", object_path(config, target), Query());
}

net::Call get_page_call(const Config& config, std::string_view path) {
  return make("GET", config.base_path + std::string(path), Query());
}

net::Call list_call(const Config& config, const Resource& resource, std::string_view ns,
                    const Client::ListOptions& options) {
  Query query;
  query.add("labelSelector", options.label_selector).add("fieldSelector", options.field_selector);
  query.add("limit", number(options.limit));
  query.add("continue", options.continue_token);
  // The token carries the version of the first page; both together are refused.
  if (options.continue_token.empty()) query.add("resourceVersion", options.resource_version);
  return make("GET", config.base_path + path(resource, ns), query);
}

net::Call watch_call(const Config& config, const Resource& resource, std::string_view ns,
                     const Client::WatchOptions& options) {
  Query query;
  query.add("watch", "1").add("allowWatchBookmarks", "true").add("labelSelector", options.label_selector);
  query.add("resourceVersion", options.resource_version);
  query.add("timeoutSeconds", std::to_string(options.timeout.count()));
  return make("GET", config.base_path + path(resource, ns), query);
}

net::Call apply_call(const Config& config, const Target& target, std::string body, bool force) {
  Query query = write_query();
  query.add("force", force ? "true" : "");
  // JSON is YAML, and this is the only media type that every version takes for an apply.
  return with_body(make("PATCH", object_path(config, target), query), "application/apply-patch+yaml", std::move(body));
}

net::Call create_call(const Config& config, const Target& target, std::string body) {
  const std::string collection = config.base_path + path(target.resource, target.ns);
  return with_body(make("POST", collection, write_query()), kJson, std::move(body));
}

net::Call replace_call(const Config& config, const Target& target, std::string body) {
  return with_body(make("PUT", object_path(config, target), write_query()), kJson, std::move(body));
}

net::Call merge_patch_call(const Config& config, const Target& target, std::string body) {
  return with_body(make("PATCH", object_path(config, target), write_query()), "application/merge-patch+json",
                   std::move(body));
}

net::Call json_patch_call(const Config& config, const Target& target, std::string body) {
  return with_body(make("PATCH", object_path(config, target), write_query()), "application/json-patch+json",
                   std::move(body));
}

net::Call remove_call(const Config& config, const Target& target, const Preconditions& preconditions) {
  Json::Value options;
  options["apiVersion"] = "v1";
  options["kind"] = "DeleteOptions";
  options["propagationPolicy"] = "Background";
  if (!preconditions.uid.empty()) options["preconditions"]["uid"] = preconditions.uid;
  if (!preconditions.resource_version.empty()) {
    options["preconditions"]["resourceVersion"] = preconditions.resource_version;
  }
  return with_body(make("DELETE", object_path(config, target), Query()), kJson, json::write_tree(options));
}

}  // namespace holdfast::kube
