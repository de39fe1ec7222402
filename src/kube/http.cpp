#include "src/kube/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/net/url.hpp"

namespace holdfast::kube {

namespace {

constexpr std::string_view kFieldManager = "holdfast";
constexpr const char* kJson = "application/json";
// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
constexpr const char* kMetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The query of a request target ("?limit=250&watch=1").
class Query {
 public:
  /// An empty value is left out: to the API server absent and empty are the same.
  Query& add(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      text_.append(text_.empty() ? "?" : "&").append(name).append("=").append(net::percent_encoded(value));
    }
    return *this;
  }
  /// "" or with its '?'.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

net::Call make(std::string method, std::string target, const Query& query, const char* accepted = kJson) {
  net::Call call;
  call.method = std::move(method);
  call.target = std::move(target) + query.text();
  call.headers.emplace_back("Accept", accepted);
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

net::Call write_call(const char* method, const Config& config, const Target& target, const char* content_type,
                     std::string body) {
  return with_body(make(method, object_path(config, target), write_query()), content_type, std::move(body));
}

constexpr std::size_t kMostMessageBytes = 1024;
constexpr std::int64_t kMostRetryAfter = 3600;

/// Seconds only: the API server sends no dates.
std::int64_t seconds_of(std::string_view header) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), value);
  return error == std::errc{} && end == header.data() + header.size() ? value : 0;
}

bool is_object(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first != std::string_view::npos && text[first] == '{' && text[text.find_last_not_of(kSpace)] == '}';
}

bool is_json(const net::Reply& reply) {
  return reply.header("content-type").starts_with("application/json") && is_object(reply.body);
}

json::ApiStatus status_of(const net::Reply& reply) {
  if (!is_json(reply)) return {};
  const auto read = json::read_status(reply.body);
  const auto* status = std::get_if<json::ApiStatus>(&read);
  return status ? *status : json::ApiStatus{};
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
  return make("GET", config.base_path + path(resource, ns), query, options.metadata_only ? kMetadataList : kJson);
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
  return write_call("PUT", config, target, kJson, std::move(body));
}

net::Call merge_patch_call(const Config& config, const Target& target, std::string body) {
  return write_call("PATCH", config, target, "application/merge-patch+json", std::move(body));
}

net::Call json_patch_call(const Config& config, const Target& target, std::string body) {
  return write_call("PATCH", config, target, "application/json-patch+json", std::move(body));
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

std::string cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80; };
  while (max_bytes > 0 && continues(max_bytes)) --max_bytes;
  return std::string(text.substr(0, max_bytes));
}

ApiError no_answer(const std::string& message) { return {0, kNoAnswer, cut(message, kMostMessageBytes), std::nullopt}; }

ApiError error_of(const net::Reply& reply) {
  const json::ApiStatus status = status_of(reply);
  ApiError error;
  error.code = reply.status;
  error.reason = status.reason.empty() ? fmt::format("Http{}", reply.status) : status.reason;
  error.message = status.message.empty() ? fmt::format("status {} without an explanation", reply.status)
                                         : cut(status.message, kMostMessageBytes);
  std::int64_t wait = seconds_of(reply.header("retry-after"));
  if (wait <= 0) wait = status.retry_after_seconds;
  if (wait > 0) error.retry_after = std::chrono::seconds(std::min(wait, kMostRetryAfter));
  return error;
}

Result result_of(net::CallResult answer) {
  if (const auto* failure = std::get_if<net::CallFailure>(&answer)) {
    ApiError error = no_answer(failure->text);
    if (failure->why == net::CallFailure::Why::TooLarge) error.reason = kTooLarge;
    return error;
  }
  net::Reply& reply = std::get<net::Reply>(answer);
  if (reply.status < 200 || reply.status > 299) return error_of(reply);
  if (!is_json(reply)) {
    return ApiError{0, kNotJson, fmt::format("status {}, but the body is no JSON object", reply.status), std::nullopt};
  }
  return std::move(reply.body);
}

}  // namespace holdfast::kube
