#include "src/cli/manual_restore.hpp"

#include <fmt/format.h>

#include "holdfast/core/decide.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/run_as.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxNameBytes = 253;
constexpr std::int64_t kGi = std::int64_t{1} << 30;

/// File systems need room for themselves: a tenth and one Gi more, in whole Gi.
std::string roomy(std::int64_t bytes) { return fmt::format("{}Gi", (bytes + bytes / 10 + kGi - 1) / kGi + 1); }

Json::Value restored_claim(const std::string& ns, const std::string& name, const std::string& size) {
  Json::Value claim;
  claim["apiVersion"] = "v1";
  claim["kind"] = "PersistentVolumeClaim";
  claim["metadata"]["name"] = name;
  claim["metadata"]["namespace"] = ns;
  Json::Value& spec = claim["spec"];
  spec["accessModes"].append("ReadWriteOnce");
  spec["resources"]["requests"]["storage"] = size;
  spec["dataSourceRef"]["apiGroup"] = std::string(core::kVolSyncGroup);
  spec["dataSourceRef"]["kind"] = std::string(core::kDestinationKind);
  spec["dataSourceRef"]["name"] = name;
  return claim;
}

}  // namespace

core::Verdict find_snapshot(const RestoreRequest& request, const core::Evidence& evidence, core::Policy policy,
                            core::Time now) {
  policy.simple_contract = true;
  core::Question question;
  question.pvc.ns = request.pvc.ns;
  question.pvc.name = request.pvc.name;
  question.pvc.labels.emplace(core::key::kBackup, "daily");
  if (!request.as_of.empty()) question.pvc.annotations.emplace(core::key::kRestoreAsOf, request.as_of);
  return core::decide(question, evidence, {}, policy, now);
}

std::string restored_name(const RestoreRequest& request) {
  return request.into.empty() ? core::shortened(request.pvc.name + "-restored", kMaxNameBytes) : request.into;
}

std::vector<Json::Value> restore_objects(const RestoreRequest& request, const core::Restore& found,
                                         const Settings& settings) {
  core::Claim claim;
  claim.pvc.ns = request.pvc.ns;
  claim.pvc.name = request.pvc.name;
  claim.access_modes = {"ReadWriteOnce"};
  claim.requested = request.size.empty() ? roomy(found.snapshot.size_bytes) : request.size;
  const volsync::Subject subject{claim, core::Tier::Daily, found.source, settings.policy, settings.generator};
  const std::string name = restored_name(request);
  const volsync::Object run =
      volsync::run_object(subject, {found.source, found.snapshot.start_time, "by-hand-" + found.snapshot.id,
                                    volsync::owner_of_root(found.snapshot)});
  Json::Value destination;
  destination["apiVersion"] = run.body["apiVersion"];
  destination["kind"] = run.body["kind"];
  destination["metadata"]["name"] = name;
  destination["metadata"]["namespace"] = request.pvc.ns;
  destination["spec"] = run.body["spec"];
  return {destination, restored_claim(request.pvc.ns, name, claim.requested)};
}

}  // namespace holdfast::cli
