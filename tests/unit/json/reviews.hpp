// Reviews to read, and what must become of them.
#pragma once

#include <catch2/catch.hpp>

#include "holdfast/json/review.hpp"
#include "jsoncpp.hpp"

namespace holdfast::test {

/// A review as kube-apiserver sends it, less what nobody reads.
inline Json::Value claim_review() {
  return parse(R"({
    "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
    "request": {
      "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
      "kind": {"group": "", "version": "v1", "kind": "PersistentVolumeClaim"},
      "resource": {"group": "", "version": "v1", "resource": "persistentvolumeclaims"},
      "requestKind": {"group": "", "version": "v1", "kind": "PersistentVolumeClaim"},
      "name": "data", "namespace": "apps", "operation": "CREATE",
      "userInfo": {"username": "system:admin", "groups": ["system:masters"], "extra": {"a": ["b"]}},
      "object": {
        "kind": "PersistentVolumeClaim", "apiVersion": "v1",
        "metadata": {
          "name": "data", "namespace": "apps", "labels": {"backup": "hourly"},
          "annotations": {"volsync.backup/skip-restore": "true"},
          "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:resources": {}}}}]
        },
        "spec": {
          "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeMode": "Filesystem",
          "resources": {"requests": {"storage": "10Gi"}}
        },
        "status": {"phase": "Pending"}
      },
      "oldObject": null, "dryRun": false, "options": {"kind": "CreateOptions"}
    }})");
}

inline json::Review accepted(const Json::Value& document) {
  auto result = json::read_review(print(document));
  if (auto* fault = std::get_if<json::ReviewFault>(&result)) FAIL(fault->problem);
  return std::get<json::Review>(std::move(result));
}

inline json::ReviewFault refused_text(std::string_view text, const json::ReadLimits& limits = {}) {
  auto result = json::read_review(text, limits);
  REQUIRE(std::holds_alternative<json::ReviewFault>(result));
  return std::get<json::ReviewFault>(std::move(result));
}
inline json::ReviewFault refused(const Json::Value& document) { return refused_text(print(document)); }

inline constexpr auto kUid = "705ab4f5-6393-11e8-b7cc-42010a800002";

}  // namespace holdfast::test
