// What the repository holds and no PVC claims.
#include <fmt/format.h>

#include "holdfast/generator/unclaimed.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

/// Returns what is wrong, or nothing.
std::string add_claims(const Answer& answer, generator::ClaimedSources& claimed) {
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) return "PVCs cannot be listed: " + error->message;
  for (const Json::Value& item : at(std::get<Json::Value>(answer), {"items"})) {
    const auto read = json::read_claim(json::write_tree(item));
    if (const auto* claim = std::get_if<core::Claim>(&read)) claimed.add(claim->pvc);
  }
  return {};
}

/// What a ReplicationSource writes is somebody's, whoever made it. One that cannot be listed says nothing.
void add_sources(const Answer& answer, generator::ClaimedSources& claimed) {
  const auto* list = std::get_if<Json::Value>(&answer);
  if (list == nullptr) return;
  for (const Json::Value& item : at(*list, {"items"})) {
    const std::string path = text_at(item, {"spec", "kopia", "sourcePathOverride"});
    claimed.add_identity(
        to_string(core::Identity{text_at(item, {"spec", "kopia", "username"}),
                                 text_at(item, {"spec", "kopia", "hostname"}), path.empty() ? "/data" : path}));
  }
}

}  // namespace

void check_unclaimed(const Settings& settings, const core::Evidence& evidence, ClusterClient& cluster, core::Time now,
                     Part part) {
  if (!settings.generator.enabled) return part.ok("not looked for: the generator is off");
  if (!std::holds_alternative<core::Current>(evidence.state)) {
    return part.unknown("the backups are not known", "see what index says");
  }
  generator::ClaimedSources claimed(settings.policy);
  const std::string problem = add_claims(cluster.list(kube::kClaims), claimed);
  if (!problem.empty()) return part.unknown(problem, kLookElsewhere);
  add_sources(cluster.list(kube::kReplicationSources), claimed);
  const auto all = claimed.missing_in(evidence);
  if (all.empty()) return part.ok("every backup is some PVC's");
  const auto told = [&](const generator::Unclaimed& one) {
    return fmt::format("{:?} ({})", one.source.identity, describe(one, now));
  };
  part.warn(fmt::format("no PVC claims {} of the repository's sources: {}", all.size(), few_of(all, told)),
            "a PVC under a new name gets its backup with the annotation holdfast.dev/restore-identity; `holdfast "
            "audit` lists all, see docs/plan.md");
}

}  // namespace holdfast::cli::diagnosis
