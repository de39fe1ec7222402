// ReplicationSources in a cluster that commands reach, and those who change them.
#pragma once

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/cli/reachable_cluster.hpp"

namespace holdfast::test {

inline constexpr const char* kRequested = "holdfast.dev/backup-requested";
inline constexpr const char* kMade = "holdfast.dev/backup-made";
inline constexpr const char* kReason = "holdfast.dev/pause-reason";

struct Desk : ReachableCluster {
  Desk() { objects.create_namespace("apps"); }

  /// As the generator makes it.
  void has(const std::string& name, const std::string& pvc, const std::string& ns = "media") {
    Json::Value source = parse(R"({"metadata": {"labels": {"app.kubernetes.io/managed-by": "holdfast"}},
      "spec": {"trigger": {"schedule": "7 * * * *"}, "kopia": {}}})");
    source["metadata"]["namespace"] = ns;
    source["metadata"]["name"] = name;
    source["metadata"]["annotations"]["holdfast.dev/pvc"] = pvc;
    source["spec"]["sourcePVC"] = pvc;
    objects.put(kube::kReplicationSources, source);
  }
  void has_photos() { has("photos-backup", "photos"); }

  void edit(const std::function<void(Json::Value&)>& change, const std::string& name = "photos-backup") {
    objects.edit(kube::kReplicationSources, "media", name, change);
  }
  Json::Value source(const std::string& name = "photos-backup", const std::string& ns = "media") const {
    return objects.find(kube::kReplicationSources, ns, name);
  }
  /// Edits it as soon as it was patched.
  void after_patch(const std::function<void(Json::Value&)>& change) {
    set_afterwards([this, change](const fakes::ApiRequest& request) {
      if (request.method == "PATCH") edit(change);
    });
  }
  void refuse(const std::string& method) {
    objects.set_faults([method](const fakes::ApiRequest& request) {
      if (request.method != method) return fakes::Fault{};
      return fakes::Fault{fakes::Fault::Kind::Refused, fakes::refusal(403, "Forbidden", "not you"), {}};
    });
  }

  /// Of its JSON.
  Json::Value items(std::vector<std::string> words, int code) const {
    words.insert(words.end(), {"-o", "json"});
    const Ending ending = run(std::move(words));
    INFO(ending.out << ending.err);
    CHECK(ending.code == code);
    return parse(ending.out)["items"];
  }
  std::vector<std::string> asked(const std::string& ns) const {
    std::vector<std::string> found;
    for (const Json::Value& source : objects.all(kube::kReplicationSources)) {
      const Json::Value& metadata = source["metadata"];
      if (metadata["namespace"] == ns && metadata["annotations"].isMember(kRequested)) {
        found.push_back(metadata["name"].asString());
      }
    }
    return found;
  }
};

inline void pause_source(Json::Value& source) { source["spec"]["paused"] = true; }
inline void set_manual(Json::Value& source) { source["spec"]["trigger"]["manual"] = "once"; }
inline void be_strangers(Json::Value& source) { source["metadata"].removeMember("labels"); }
inline void be_anothers(Json::Value& source) { source["metadata"]["annotations"]["holdfast.dev/pvc"] = "films"; }

}  // namespace holdfast::test
