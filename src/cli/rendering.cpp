#include "src/cli/rendering.hpp"

#include <fmt/format.h>

#include "holdfast/core/candidates.hpp"
#include "holdfast/core/decide.hpp"
#include "holdfast/core/mover_identity.hpp"
#include "holdfast/core/protection.hpp"
#include "holdfast/volsync/run_as.hpp"

namespace holdfast::cli {
namespace {

using volsync::Subject;

constexpr std::size_t kMaxNameBytes = 253;
constexpr std::int64_t kGi = std::int64_t{1} << 30;

/// The generator's rule for a PVC that has no objects yet: where complete backups lie, else the first of its places.
core::Identity identity_of(const core::PvcName& pvc, const core::Evidence* evidence, const core::Policy& policy) {
  const auto places = core::candidates(policy, pvc);
  const auto* current = evidence == nullptr ? nullptr : std::get_if<core::Current>(&evidence->state);
  const auto found = current == nullptr ? std::nullopt : core::locate(places, *current->catalog);
  return found && found->is_sure() ? found->identity : places.front().identity;
}

bool wants_offsite(const core::Claim& claim, const volsync::Options& options) {
  const std::string* asked = core::lookup(claim.pvc.annotations, volsync::key::kOffsite);
  return options.offsite.enabled && asked != nullptr && *asked == "true";
}

class Renderer {
 public:
  Renderer(const Input& input, const core::Evidence* evidence, const Settings& settings)
      : input_(input), evidence_(evidence), settings_(settings) {}

  Rendering render() {
    for (const core::Claim& claim : input_.claims) one(claim);
    for (auto& object : volsync::installation_objects(settings_.policy, settings_.generator)) {
      out_.objects.push_back(std::move(object));
    }
    return std::move(out_);
  }

 private:
  void one(const core::Claim& claim) {
    const std::string name =
        claim.pvc.name.empty() ? claim.pvc.ns + "/" + claim.pvc.generate_name + "*" : to_string(claim.pvc.full_name());
    const auto protection = core::protection(claim.pvc, input_.labels_assumed(claim), settings_.policy);
    if (!protection.protects()) return skip(name, to_string(protection.why));
    if (claim.pvc.name.empty()) return skip(name, "its name is not made yet");
    const auto identity = identity_of(claim.pvc.full_name(), evidence_, settings_.policy);
    add({claim, protection.tier, identity, settings_.policy, settings_.generator});
    complain(name, core::mover_problem(identity));
    complain(name, volsync::backup_of(claim, protection.tier, settings_.generator).problem);
  }

  void add(const Subject& subject) {
    if (settings_.generator.secret.writes_external()) out_.objects.push_back(volsync::secret_object(subject));
    out_.objects.push_back(volsync::destination_object(subject, {}));
    out_.objects.push_back(volsync::source_object(subject));
    if (!wants_offsite(subject.claim, settings_.generator)) return;
    out_.objects.push_back(volsync::offsite_secret_object(subject));
    out_.objects.push_back(volsync::offsite_source_object(subject));
  }

  void skip(const std::string& name, std::string_view why) { out_.skipped.push_back(fmt::format("{}: {}", name, why)); }

  void complain(const std::string& name, const std::string& problem) {
    if (!problem.empty()) out_.problems.push_back(fmt::format("{}: {}", name, problem));
  }

  const Input& input_;
  const core::Evidence* const evidence_;
  const Settings& settings_;
  Rendering out_;
};

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

Rendering render_objects(const Input& input, const core::Evidence* evidence, const Settings& settings) {
  return Renderer(input, evidence, settings).render();
}

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
