#include "src/kube/lease/lease_document.hpp"

#include <fmt/format.h>

#include <chrono>

#include "holdfast/json/tree.hpp"
#include "holdfast/kube/resource.hpp"

namespace holdfast::kube {

std::string micro_time(core::Time time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - second).count();
  std::string text = core::format_seconds(time);
  text.pop_back();  // the Z
  return fmt::format("{}.{:06}Z", text, micros);
}

std::string lease_document(const std::string& ns, const std::string& name, const json::Lease& lease,
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
