#include "webhook/mover_patch.hpp"

#include <cstdint>
#include <string_view>

#include "holdfast/json/tree.hpp"

namespace holdfast::webhook {
namespace {

constexpr const char* kVolume = "repository";
constexpr const char* kDelay = "holdfast-delay";
constexpr std::string_view kPodPath = "/spec/template/spec";

const Json::Value& pod(const Json::Value& job) { return json::at(job, {"spec", "template", "spec"}); }

/// An array of objects, or null.
const Json::Value& list(const Json::Value& object, const char* name, const std::string& path) {
  const Json::Value& value = json::at(object, {name});
  if (!value.isNull() && !value.isArray()) throw MalformedJob(path + "." + name + ": expected an array");
  for (const Json::Value& item : value) {
    if (!item.isObject()) throw MalformedJob(path + "." + name + ": expected objects");
  }
  return value;
}

const Json::Value& pod_list(const Json::Value& job, const char* name) {
  return list(pod(job), name, "request.object.spec.template.spec");
}

const Json::Value& mounts(const Json::Value& container) { return list(container, "volumeMounts", "container"); }

/// The item with this value of a member; null: there is none.
const Json::Value& find(const Json::Value& items, const char* key, std::string_view value) {
  for (const Json::Value& item : items) {
    if (json::text_at(item, {key}) == value) return item;
  }
  return Json::Value::nullSingleton();
}

bool restores(const Json::Value& job) {
  for (const Json::Value& owner : json::at(job, {"metadata", "ownerReferences"})) {
    if (json::text_at(owner, {"kind"}) == "ReplicationDestination") return true;
  }
  return json::text_at(job, {"metadata", "name"}).starts_with("volsync-dst-");
}

/// FNV-1a: the same in every build and replica, which std::hash is not.
std::uint64_t hash(std::string_view bytes) {
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value ^ (value >> 32);
}

/// Names stay while Jobs come and go, so the same backup always starts at the same second.
std::uint64_t delay_seconds(const Json::Value& job, std::chrono::seconds longest) {
  return hash(json::text_at(job, {"metadata", "namespace"}) + "/" + json::text_at(job, {"metadata", "name"})) %
         (static_cast<std::uint64_t>(longest.count()) + 1);
}

/// No shell: the program is started as it is. What a namespace demands of containers, the mover's own fulfils.
Json::Value delay_container(const Json::Value& job, const MoverInjection& injection) {
  const Json::Value& mover = pod_list(job, "containers")[0];
  Json::Value container;
  container["name"] = kDelay;
  container["image"] = injection.delay_image.empty() ? json::text_at(mover, {"image"}) : injection.delay_image;
  container["command"].append("sleep");
  container["command"].append(std::to_string(delay_seconds(job, injection.longest_delay)));
  for (const char* same : {"resources", "securityContext"}) {
    if (const Json::Value& value = json::at(mover, {same}); !value.isNull()) container[same] = value;
  }
  return container;
}

/// What one Job is given, as it stands in the Job.
struct Gift {
  Json::Value volume;
  Json::Value mount;
  Json::Value delay;  ///< an init container, or null
};

Gift by_settings(const Json::Value& job, const MoverInjection& injection) {
  Gift gift;
  gift.volume = injection.volume_source;
  gift.volume["name"] = kVolume;
  gift.mount["name"] = kVolume;
  gift.mount["mountPath"] = injection.mount_path;
  if (injection.longest_delay.count() > 0 && !restores(job)) gift.delay = delay_container(job, injection);
  return gift;
}

/// What `old` was given; nothing in it where it was made without us.
Gift as_stored(const Json::Value& old) {
  Gift gift;
  gift.volume = find(pod_list(old, "volumes"), "name", kVolume);
  gift.delay = find(pod_list(old, "initContainers"), "name", kDelay);
  for (const Json::Value& container : pod_list(old, "containers")) {
    if (gift.mount.isNull()) gift.mount = find(mounts(container), "name", kVolume);
  }
  return gift;
}

/// Operations in the order they are asked for. Nothing but additions.
class Patch {
 public:
  /// To the end of the list `name` at `path`, which may be missing.
  void append(const std::string& path, const char* name, const Json::Value& there, const Json::Value& value) {
    insert(path + "/" + name, "/-", there, value);
  }
  /// To its beginning.
  void prepend(const std::string& path, const char* name, const Json::Value& there, const Json::Value& value) {
    insert(path + "/" + name, "/0", there, value);
  }

  std::string text() const { return operations_.empty() ? std::string() : json::write_tree(operations_); }

 private:
  void insert(const std::string& list, const char* place, const Json::Value& there, const Json::Value& value) {
    Json::Value operation;
    operation["op"] = "add";
    operation["path"] = there.isNull() ? list : list + place;
    if (there.isNull())
      operation["value"].append(value);
    else
      operation["value"] = value;
    operations_.append(operation);
  }

  Json::Value operations_{Json::arrayValue};
};

/// Whatever is mounted at the path stays: two mounts at one path are an error.
void add_mounts(Patch& patch, const Json::Value& job, const char* containers, const Json::Value& mount) {
  const Json::Value& all = pod_list(job, containers);
  for (Json::ArrayIndex i = 0; i < all.size(); ++i) {
    const Json::Value& there = mounts(all[i]);
    const bool mounted = !find(there, "name", kVolume).isNull();
    const bool taken = !find(there, "mountPath", json::text_at(mount, {"mountPath"})).isNull();
    if (mounted || taken || json::text_at(all[i], {"name"}) == kDelay) continue;
    const std::string path = std::string(kPodPath) + "/" + containers + "/" + std::to_string(i);
    patch.append(path, "volumeMounts", there, mount);
  }
}

}  // namespace

bool is_mover_job(const Json::Value& job) {
  return json::text_at(job, {"metadata", "labels", "app.kubernetes.io/created-by"}) == "volsync";
}

std::string mover_patch(const Json::Value& job, const Json::Value& old, const MoverInjection& injection) {
  if (pod_list(job, "containers").empty()) throw MalformedJob("request.object.spec.template.spec.containers: missing");
  // What is on its way out must not be held up by what it was never given.
  if (!json::at(job, {"metadata", "deletionTimestamp"}).isNull()) return {};
  Gift gift = as_stored(old);
  if (gift.volume.isNull() || gift.mount.isNull()) gift = by_settings(job, injection);
  const std::string path(kPodPath);
  Patch patch;
  const Json::Value& volumes = pod_list(job, "volumes");
  if (find(volumes, "name", kVolume).isNull()) patch.append(path, "volumes", volumes, gift.volume);
  add_mounts(patch, job, "containers", gift.mount);
  add_mounts(patch, job, "initContainers", gift.mount);
  // After the mounts, which name containers by their places.
  const Json::Value& first = pod_list(job, "initContainers");
  if (!gift.delay.isNull() && find(first, "name", kDelay).isNull()) {
    patch.prepend(path, "initContainers", first, gift.delay);
  }
  return patch.text();
}

}  // namespace holdfast::webhook
