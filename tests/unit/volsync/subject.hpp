// A protected PVC `media/data` of 10Gi with a uid, and everything else that its objects depend on.
#pragma once

#include <catch2/catch.hpp>

#include <string>

#include "holdfast/volsync/objects.hpp"
#include "tests/unit/json/jsoncpp.hpp"

namespace holdfast::volsync::test {

using holdfast::test::parse;

struct Scene {
  core::Claim claim;
  core::Tier tier = core::Tier::Hourly;
  core::Identity identity{"data-backup", "media", "/data"};
  core::Policy policy;
  Options options;

  Scene() {
    claim.pvc.ns = "media";
    claim.pvc.name = "data";
    claim.pvc.storage_class = "longhorn";
    claim.uid = "11111111-2222-3333-4444-555555555555";
    claim.access_modes = {"ReadWriteOnce"};
    claim.requested = "10Gi";
  }

  Scene& annotated(std::string_view key, std::string_view value) {
    claim.pvc.annotations[std::string(key)] = value;
    return *this;
  }

  Subject subject() const { return {claim, tier, identity, policy, options}; }
  Backup backup() const { return backup_of(claim, tier, options); }
};

/// What the API server would hold of an object that was applied.
inline core::Observed applied(const Object& object) {
  core::Observed observed;
  const Json::Value& metadata = object.body["metadata"];
  const auto put = [](const Json::Value& from, core::StringMap& to) {
    for (const std::string& name : from.getMemberNames()) to[name] = from[name].asString();
  };
  put(metadata["labels"], observed.meta.labels);
  put(metadata["annotations"], observed.meta.annotations);
  for (const Json::Value& owner : metadata["ownerReferences"]) {
    observed.meta.owners.push_back({owner["kind"].asString(), owner["name"].asString(), owner["uid"].asString()});
  }
  observed.spec = holdfast::test::print(object.body["spec"]);
  return observed;
}

inline SecurityContext full_security_context() {
  SecurityContext context;
  context.run_as_user = 1000;
  context.run_as_group = 1001;
  context.fs_group = 1002;
  context.run_as_non_root = true;
  context.fs_group_change_policy = "OnRootMismatch";
  context.supplemental_groups = {2000, 3'000'000'000};
  context.seccomp_profile = "RuntimeDefault";
  return context;
}

}  // namespace holdfast::volsync::test
