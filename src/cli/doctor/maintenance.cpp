#include <fmt/format.h>

#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/maintenance.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

using Reason = core::MaintenanceProblem::Reason;

/// The last Jobs; nothing of those that cannot be read.
std::vector<core::MaintenanceRun> runs_of(const Json::Value& list) {
  std::vector<core::MaintenanceRun> runs;
  for (const Json::Value& job : at(list, {"items"})) {
    auto run = json::read_maintenance_run(json::write_tree(job));
    if (auto* one = std::get_if<core::MaintenanceRun>(&run)) runs.push_back(std::move(*one));
  }
  return runs;
}

std::string advice(Reason reason, const kube::Target& place) {
  switch (reason) {
    case Reason::Missing:
      return "see that a holdfast leads: it writes one";
    case Reason::NotReady:
      return fmt::format("see `kubectl -n {} describe kopiamaintenance {}`; its Secret must lie there", place.ns,
                         place.name);
    case Reason::Unhealthy:
      return fmt::format(
          "mend what fails, then `kubectl -n {} annotate kopiamaintenance {} "
          "volsync.backube/reset-failures=true`",
          place.ns, place.name);
    case Reason::JobFailed:
      return "read its pod's log; it must run as the user that movers run as "
             "(generator.maintenance.moverSecurityContext)";
    case Reason::TooOld:
      return "see docs/alerts.md, HoldfastMaintenanceFails";
  }
  return {};
}

void report(const std::vector<core::MaintenanceProblem>& problems, const kube::Target& place, Part& part) {
  for (const core::MaintenanceProblem& problem : problems) {
    const std::string what = fmt::format("{}: {}", to_string(problem.reason), problem.message);
    if (problem.reason == Reason::Missing)
      part.warn(what, advice(problem.reason, place));
    else
      part.fail(what, advice(problem.reason, place));
  }
}

std::string as_whom(const Json::Value& object) {
  const Json::Value& user = at(object, {"spec", "podSecurityContext", "runAsUser"});
  return user.isInt64() ? fmt::format("as user {}", user.asInt64()) : std::string("as VolSync's user 1000");
}

}  // namespace

void check_maintenance(const Settings& settings, ClusterClient& cluster, core::Time now, Part part) {
  if (!settings.generator.enabled) return part.ok("not needed: the generator is off");
  const auto place = volsync::maintenance_place(settings.generator);
  if (!place) return part.ok(volsync::why_no_maintenance(settings.generator));
  const Answer answer = cluster.object(place->resource, place->ns, place->name);
  const auto* error = std::get_if<kube::ApiError>(&answer);
  if (error != nullptr && !error->not_found()) {
    return part.unknown(error->message, kLookElsewhere);
  }
  if (error != nullptr) return report(core::maintenance_problems(nullptr, {}, {}, now), *place, part);
  const auto& object = std::get<Json::Value>(answer);
  const auto read = json::read_maintenance(json::write_tree(object));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) {
    return part.unknown(fmt::format("KopiaMaintenance {}: {}", place->name, fault->problem), "look at it with kubectl");
  }
  const Answer jobs = cluster.list(kube::kJobs, place->ns, volsync::maintenance_jobs_selector());
  if (const auto* unread = std::get_if<kube::ApiError>(&jobs)) {
    part.unknown("its Jobs cannot be listed: " + unread->message, "let holdfast list jobs.batch");
  }
  const auto* list = std::get_if<Json::Value>(&jobs);
  const auto runs = list != nullptr ? runs_of(*list) : std::vector<core::MaintenanceRun>{};
  const auto& maintenance = std::get<core::Maintenance>(read);
  const auto problems =
      core::maintenance_problems(&maintenance, runs, volsync::stale_after(settings.generator.maintenance), now);
  if (!problems.empty()) return report(problems, *place, part);
  part.ok(maintenance.last_success
              ? fmt::format("{}, last at {}", as_whom(object), core::format_seconds(*maintenance.last_success))
              : fmt::format("{}, the first is still to come", as_whom(object)));
}

}  // namespace holdfast::cli::diagnosis
