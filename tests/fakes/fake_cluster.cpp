#include "tests/fakes/fake_cluster.hpp"

#include <algorithm>
#include <sstream>
#include <tuple>
#include <utility>

#include <json/json.h>

#include "tests/fakes/merge_patch.hpp"

namespace holdfast::fakes {
namespace {

std::string print(const Json::Value& value) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  return Json::writeString(builder, value);
}

Json::Value parse(const std::string& text) {
  Json::Value value;
  if (!text.empty()) std::istringstream(text) >> value;
  return value;
}

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> found;
  std::istringstream stream(path.substr(1));
  for (std::string one; std::getline(stream, one, '/');) found.push_back(one);
  return found;
}

std::string parameter(const std::string& query, const std::string& name) {
  std::istringstream stream(query);
  for (std::string one; std::getline(stream, one, '&');) {
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
  }
  return {};
}

bool is_bookkeeping(const std::string& path) {
  return path.find("/leases") != std::string::npos || path.find("/events") != std::string::npos ||
         path.find("/configmaps") != std::string::npos;
}

/// What was applied before and is not any more goes; what is applied now is set. Lists are one value.
void take_over(Json::Value& target, const Json::Value& before, const Json::Value& now) {
  for (const std::string& name : before.isObject() ? before.getMemberNames() : Json::Value::Members()) {
    if (now.isMember(name)) continue;
    target.removeMember(name);
  }
  for (const std::string& name : now.getMemberNames()) {
    const Json::Value& old = before.isObject() ? before[name] : Json::Value::nullSingleton();
    if (now[name].isObject())
      take_over(target[name], old, now[name]);
    else
      target[name] = now[name];
  }
}

}  // namespace

bool FakeCluster::Key::operator<(const Key& other) const {
  return std::tie(resource, ns, name) < std::tie(other.resource, other.ns, other.name);
}

FakeCluster::FakeCluster() { create_namespace("holdfast"); }

FakeCluster::Address FakeCluster::address(const std::string& path) {
  std::vector<std::string> parts = segments(path);
  const std::size_t root = parts.at(0) == "api" ? 2 : 3;
  Address found;
  for (std::size_t i = 0; i < root; ++i) found.key.resource += "/" + parts.at(i);
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(root));
  if (parts.size() >= 3 && parts[0] == "namespaces") {
    found.key.ns = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  found.key.resource += "/" + parts.at(0);
  if (parts.size() > 1) found.key.name = parts[1];
  if (parts.size() > 2) found.subresource = parts[2];
  return found;
}

FakeCluster::Key FakeCluster::key(const kube::Resource& resource, const std::string& ns, const std::string& name) {
  return {kube::path(resource, {}), ns, name};
}

void FakeCluster::set_faults(std::function<Fault(const ApiRequest&)> faults) {
  const std::lock_guard lock(mutex_);
  faults_ = std::move(faults);
}

void FakeCluster::hide(const kube::Resource& resource) {
  const std::lock_guard lock(mutex_);
  hidden_.push_back(kube::path(resource, {}));
}

ApiAnswer FakeCluster::operator()(const ApiRequest& request) {
  const std::lock_guard lock(mutex_);
  const Fault fault = faults_ ? faults_(request) : Fault{};
  ApiAnswer answer;
  switch (fault.kind) {
    case Fault::Kind::Refused:
      answer = fault.answer;
      break;
    case Fault::Kind::Lost:
      answer.dropped = true;
      break;
    case Fault::Kind::Silent:
      answer.silent = true;
      break;
    case Fault::Kind::Unheard:
      perform(request);
      answer.dropped = true;
      break;
    case Fault::Kind::None:
      answer = perform(request);
  }
  answer.delay = fault.delay;
  return answer;
}

ApiAnswer FakeCluster::perform(const ApiRequest& request) {
  const Address address = this->address(request.path);
  if (std::find(hidden_.begin(), hidden_.end(), address.key.resource) != hidden_.end()) {
    return {.status = 404, .body = "404 page not found", .content_type = "text/plain"};
  }
  if (request.method == "GET") return read(request, address.key);
  const std::uint64_t before = version_;
  ApiAnswer answer = write(request, address, parse(request.body));
  if (!is_bookkeeping(request.path)) {
    writes_.push_back({request.method, request.path, request.body, answer.status, version_ != before});
  }
  return answer;
}

ApiAnswer FakeCluster::read(const ApiRequest& request, const Key& key) {
  if (request.is_watch()) return watch(request, key);
  if (key.name.empty()) return list(key);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return refusal(404, "NotFound", key.name + " not found");
  return {.body = print(found->second.object)};
}

ApiAnswer FakeCluster::list(const Key& key) const {
  Json::Value list;
  list["kind"] = "List";
  list["metadata"]["resourceVersion"] = std::to_string(version_);
  list["items"] = Json::Value(Json::arrayValue);
  for (const auto& [place, stored] : objects_) {
    const bool asked = place.resource == key.resource && (key.ns.empty() || place.ns == key.ns);
    if (asked) list["items"].append(stored.object);
  }
  return {.body = print(list)};
}

ApiAnswer FakeCluster::watch(const ApiRequest& request, const Key& key) {
  const std::uint64_t from = std::stoull("0" + parameter(request.query, "resourceVersion"));
  if (from < oldest_) return refusal(410, "Expired", "too old resource version");
  auto stream = std::make_shared<ApiStream>();
  for (const Change& change : changes_) {
    if (change.version > from && change.key.resource == key.resource) stream->line(change.line);
  }
  watchers_.push_back({key.resource, stream});
  return {.stream = stream};
}

ApiAnswer FakeCluster::write(const ApiRequest& request, const Address& address, Json::Value body) {
  const std::string type = request.header("content-type");
  if (request.method == "DELETE") return remove(address.key, body["preconditions"]);
  if (request.method == "POST") return create(address.key, std::move(body));
  if (type == "application/apply-patch+yaml") return apply(address.key, body);
  return change(address.key, address.subresource, type, body);
}

/// What kube-apiserver says to conditions that do not hold.
std::optional<ApiAnswer> FakeCluster::refused(const Key& key, const Json::Value& conditions) const {
  const Json::Value& there = objects_.at(key).object["metadata"];
  for (const char* name : {"uid", "resourceVersion"}) {
    if (conditions.isMember(name) && conditions[name] != there[name]) {
      return refusal(409, "Conflict", std::string("the object has another ") + name);
    }
  }
  return std::nullopt;
}

ApiAnswer FakeCluster::create(Key key, Json::Value body) {
  if (key.name.empty()) key.name = body["metadata"]["name"].asString();
  const auto ns = objects_.find(this->key(kube::kNamespaces, {}, key.ns));
  if (!key.ns.empty() && ns == objects_.end()) return refusal(404, "NotFound", "namespace " + key.ns + " not found");
  if (objects_.contains(key)) return refusal(409, "AlreadyExists", key.name + " already exists");
  Json::Value& metadata = body["metadata"];
  metadata["name"] = key.name;
  if (!key.ns.empty()) metadata["namespace"] = key.ns;
  metadata["uid"] = "uid-" + std::to_string(++uids_);
  if (!metadata.isMember("creationTimestamp")) metadata["creationTimestamp"] = "2026-01-01T00:00:00Z";
  store(key, std::move(body));
  return {.status = 201, .body = print(objects_.at(key).object)};
}

ApiAnswer FakeCluster::apply(const Key& key, const Json::Value& body) {
  Json::Value wanted = body;
  wanted["metadata"].removeMember("resourceVersion");
  wanted["metadata"].removeMember("uid");
  const auto found = objects_.find(key);
  if (found == objects_.end()) {
    if (body["metadata"].isMember("uid")) return refusal(409, "Conflict", "no object of that uid");
    ApiAnswer made = create(key, wanted);
    if (made.status == 201) objects_.at(key).applied = wanted;
    return made;
  }
  if (const auto refusal = refused(key, body["metadata"])) return *refusal;
  Json::Value object = found->second.object;
  take_over(object, found->second.applied, wanted);
  found->second.applied = wanted;
  store(key, std::move(object));
  return {.body = print(objects_.at(key).object)};
}

ApiAnswer FakeCluster::change(const Key& key, const std::string& subresource, const std::string& type,
                              const Json::Value& body) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return refusal(404, "NotFound", key.name + " not found");
  if (const auto refusal = refused(key, body["metadata"])) return *refusal;
  Json::Value object = found->second.object;
  const bool patches = type == "application/merge-patch+json";
  if (!subresource.empty())
    patches ? merge_patch(object[subresource], body[subresource]) : void(object[subresource] = body[subresource]);
  else
    patches ? merge_patch(object, body) : void(object = body);
  object["metadata"]["uid"] = found->second.object["metadata"]["uid"];
  store(key, std::move(object));
  return {.body = print(objects_.at(key).object)};
}

ApiAnswer FakeCluster::remove(const Key& key, const Json::Value& conditions) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return refusal(404, "NotFound", key.name + " not found");
  if (const auto refusal = refused(key, conditions)) return *refusal;
  if (!found->second.object["metadata"]["finalizers"].empty()) {
    Json::Value object = found->second.object;
    object["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z";
    store(key, std::move(object));
    return {.body = print(found->second.object)};
  }
  drop(key);
  return {.body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"})"};
}

bool FakeCluster::store(const Key& key, Json::Value object) {
  Stored& stored = objects_[key];
  const bool is_new = stored.object.isNull();
  if (!is_new) {
    object["metadata"]["resourceVersion"] = stored.object["metadata"]["resourceVersion"];
    if (object == stored.object) return false;
  }
  object["metadata"]["resourceVersion"] = next_version();
  stored.object = std::move(object);
  tell(is_new ? "ADDED" : "MODIFIED", key, stored.object);
  return true;
}

void FakeCluster::drop(const Key& key) {
  const auto found = objects_.find(key);
  Json::Value last = std::move(found->second.object);
  objects_.erase(found);
  last["metadata"]["resourceVersion"] = next_version();
  tell("DELETED", key, last);
}

void FakeCluster::tell(const char* type, const Key& key, const Json::Value& object) {
  Json::Value event;
  event["type"] = type;
  event["object"] = object;
  changes_.push_back({version_, key, print(event)});
  for (const Watcher& watcher : watchers_) {
    if (watcher.resource == key.resource) watcher.stream->line(changes_.back().line);
  }
}

}  // namespace holdfast::fakes
