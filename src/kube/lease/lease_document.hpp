// A Lease (coordination.k8s.io/v1) as we write it.
// Pure; any thread.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "holdfast/core/time.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/kube/resource.hpp"

namespace holdfast::kube {

/// "2026-11-21T10:00:00.000000Z": metav1.MicroTime, which wants all six decimals.
inline std::string micro_time(core::Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - second).count();
  std::string text = core::format_seconds(time);
  text.pop_back();  // the Z
  return fmt::format("{}.{:06}Z", text, micros);
}

/// With `lease`'s resource version where it has one. No holder: it is free.
inline std::string lease_document(const std::string& ns, const std::string& name, const json::Lease& lease,
                                  const std::string& acquire_time) {
  Json::Value document;
  document["apiVersion"] = kLeases.api_version();
  document["kind"] = std::string(kLeases.kind);
  document["metadata"]["name"] = name;
  document["metadata"]["namespace"] = ns;
  if (!lease.resource_version.empty()) document["metadata"]["resourceVersion"] = lease.resource_version;
  Json::Value& spec = document["spec"];
  if (!lease.holder.empty()) spec["holderIdentity"] = lease.holder;
  if (!acquire_time.empty()) spec["acquireTime"] = acquire_time;
  spec["leaseDurationSeconds"] = Json::Int64(lease.duration_seconds);
  spec["leaseTransitions"] = Json::Int64(lease.transitions);
  spec["renewTime"] = lease.renew_time;
  return json::write_tree(document);
}

}  // namespace holdfast::kube
