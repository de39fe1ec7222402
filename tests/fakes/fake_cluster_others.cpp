// Everybody else in the cluster: those whose doing the generator only sees.
#include <algorithm>
#include <utility>

#include "tests/fakes/fake_cluster.hpp"

namespace holdfast::fakes {

Json::Value FakeCluster::put(const kube::Resource& resource, Json::Value object) {
  const std::lock_guard lock(mutex_);
  object["apiVersion"] = resource.api_version();
  object["kind"] = std::string(resource.kind);
  const Key place = key(resource, object["metadata"]["namespace"].asString(), object["metadata"]["name"].asString());
  if (objects_.contains(place)) drop(place);
  create(place, std::move(object));
  const auto stored = objects_.find(place);
  return stored == objects_.end() ? Json::Value() : stored->second.object;
}

void FakeCluster::edit(const kube::Resource& resource, const std::string& ns, const std::string& name,
                       const std::function<void(Json::Value&)>& change) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key(resource, ns, name));
  if (found == objects_.end()) return;
  Json::Value object = found->second.object;
  change(object);
  store(found->first, std::move(object));
}

void FakeCluster::erase(const kube::Resource& resource, const std::string& ns, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Key place = key(resource, ns, name);
  if (objects_.contains(place)) drop(place);
}

void FakeCluster::create_namespace(const std::string& name) {
  Json::Value ns;
  ns["metadata"]["name"] = name;
  ns["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
  put(kube::kNamespaces, ns);
}

void FakeCluster::erase_namespace(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::vector<Key> gone;
  for (const auto& [place, stored] : objects_) {
    if (place.ns == name) gone.push_back(place);
  }
  for (const Key& place : gone) drop(place);
  const Key ns = key(kube::kNamespaces, {}, name);
  if (objects_.contains(ns)) drop(ns);
}

Json::Value FakeCluster::find(const kube::Resource& resource, const std::string& ns, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key(resource, ns, name));
  return found == objects_.end() ? Json::Value() : found->second.object;
}

std::vector<Json::Value> FakeCluster::all(const kube::Resource& resource) const {
  const std::lock_guard lock(mutex_);
  std::vector<Json::Value> found;
  for (const auto& [place, stored] : objects_) {
    if (place.resource == kube::path(resource, {})) found.push_back(stored.object);
  }
  return found;
}

void FakeCluster::end_watches() {
  const std::lock_guard lock(mutex_);
  for (const Watcher& watcher : std::exchange(watchers_, {})) watcher.stream->end();
}

void FakeCluster::cut_watches() {
  const std::lock_guard lock(mutex_);
  for (const Watcher& watcher : std::exchange(watchers_, {})) watcher.stream->cut();
}

void FakeCluster::cut_watches_of(const kube::Resource& resource) {
  const std::lock_guard lock(mutex_);
  const std::string path = key(resource, "", "").resource;
  const auto cut = [&](const Watcher& watcher) {
    if (watcher.resource != path) return false;
    watcher.stream->cut();
    return true;
  };
  watchers_.erase(std::remove_if(watchers_.begin(), watchers_.end(), cut), watchers_.end());
}

void FakeCluster::expire_watches() {
  const std::lock_guard lock(mutex_);
  oldest_ = version_ + 1;
  next_version();
  const std::string line =
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}})";
  for (const Watcher& watcher : std::exchange(watchers_, {})) {
    watcher.stream->line(line);
    watcher.stream->end();
  }
}

std::vector<FakeCluster::Write> FakeCluster::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

}  // namespace holdfast::fakes
