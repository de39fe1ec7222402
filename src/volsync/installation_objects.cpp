#include <fmt/format.h>

#include <algorithm>

#include "holdfast/volsync/maintenance.hpp"
#include "src/volsync/draft.hpp"

namespace holdfast::volsync {
namespace {

constexpr std::string_view kName = "volsync-orphan-cleanup";
constexpr std::string_view kSchedule = "*/15 * * * *";
constexpr std::string_view kPvcs = "protectedPvcs";
constexpr std::chrono::hours kLeastStale{36};
constexpr int kMissed = 3;

/// JMESPath: whether a PVC of a list has opted in, by the contracts that are on.
std::string opted_in(const core::Policy& policy) {
  std::string simple, plumber;
  if (policy.simple_contract) {
    simple =
        fmt::format("metadata.labels.\"{0}\" == 'hourly' || metadata.labels.\"{0}\" == 'daily'", core::key::kBackup);
  }
  if (policy.plumber_contract) {
    plumber = fmt::format("metadata.labels.\"{}\" == 'true' && metadata.labels.\"{}\" == 'true'",
                          core::key::kPlumberEnabled, core::key::kPlumberManage);
  }
  if (simple.empty()) return plumber.empty() ? "`false`" : plumber;
  return plumber.empty() ? simple : fmt::format("{} || ({})", simple, plumber);
}

/// JMESPath: whether an exemption has a reason.
std::string has_reason(const core::Policy& policy) {
  std::string text;
  for (const std::string& key : core::exempt_reason_keys(policy)) {
    text += fmt::format("{}metadata.annotations.\"{}\"", text.empty() ? "" : " || ", key);
  }
  return text;
}

/// JMESPath, where '!' binds closer than '.': as opted_in(), and an exemption ends it, unless that lacks its reason:
/// then what exists stays.
std::string keeps_objects(const core::Policy& policy) {
  const std::string exempt = fmt::format("metadata.labels.\"{}\"", core::key::kBackupExempt);
  return fmt::format("({0} == 'true' && !({1})) || ({0} != 'true' && ({2}))", exempt, has_reason(policy),
                     opted_in(policy));
}

/// How many PVCs want this object: one or none. An object without our annotation cannot be asked about, and Kyverno
/// leaves it alone.
std::string count_of_owners(const core::Policy& policy) {
  return fmt::format("length(items[?metadata.name == '{{{{ target.metadata.annotations.\"{}\" }}}}' && ({})])",
                     key::kPvc, keeps_objects(policy));
}

Json::Value context(const core::Policy& policy) {
  Json::Value entry;
  entry["name"] = text(kPvcs);
  entry["apiCall"]["urlPath"] = "/api/v1/namespaces/{{ target.metadata.namespace }}/persistentvolumeclaims";
  entry["apiCall"]["jmesPath"] = count_of_owners(policy);
  return entry;
}

Json::Value resources() {
  Json::Value result;
  for (const Part part : {Part::Source, Part::Destination, Part::Secret}) {
    result["kinds"].append(fmt::format("{}/{}", resource(part).api_version(), resource(part).kind));
  }
  member(result["selector"]["matchLabels"], key::kManagedBy) = text(kManager);
  Json::Value exists;
  exists["key"] = text(key::kPvcLabel);
  exists["operator"] = "Exists";
  result["selector"]["matchExpressions"].append(exists);
  return result;
}

/// The ClusterCleanupPolicy with which Kyverno, and not holdfast, deletes what a PVC has left behind.
Object cleanup_policy_object(const core::Policy& policy) {
  Object object = draft(Part::CleanupPolicy, "", kName);
  Json::Value& spec = object.body["spec"];
  spec["schedule"] = text(kSchedule);
  Json::Value matched;
  matched["resources"] = resources();
  spec["match"]["any"].append(matched);
  spec["context"].append(context(policy));
  Json::Value nobody;
  nobody["key"] = fmt::format("{{{{ {} }}}}", kPvcs);
  nobody["operator"] = "Equals";
  nobody["value"] = 0;
  spec["conditions"]["all"].append(nobody);
  return sealed(std::move(object));
}

/// As the movers run, whose files only their user may read. Without a word VolSync would take the user 1000.
SecurityContext maintenance_context(const Options& options) {
  SecurityContext context = options.backup.security_context.value_or(SecurityContext{});
  if (const auto& own = options.maintenance.mover.security_context) context = *own;
  if (!context.run_as_user) {
    context.run_as_user = options.own_user;
    if (!context.run_as_group) context.run_as_group = options.own_user;
    if (!context.fs_group) context.fs_group = options.own_user;
  }
  // Our namespace may enforce the level `restricted`, which asks for it.
  if (context.seccomp_profile.empty()) context.seccomp_profile = "RuntimeDefault";
  return context;
}

/// VolSync's own forbids root. What is root's here was written by privileged movers, which may write over any owner's
/// files and folders; this need only do the same.
Json::Value roots_container_context() {
  Json::Value context;
  context["allowPrivilegeEscalation"] = false;
  context["capabilities"]["drop"].append("ALL");
  context["capabilities"]["add"].append("DAC_OVERRIDE");
  context["privileged"] = false;
  context["readOnlyRootFilesystem"] = true;
  context["runAsNonRoot"] = false;
  return context;
}

Object maintenance_secret_object(const Options& options) {
  Object object = draft(Part::MaintenanceSecret, options.own_namespace, options.maintenance.secret);
  object.body["spec"] = repository_secret_spec(object.name, options);
  return sealed(std::move(object));
}

Object maintenance_object(const Options& options) {
  Object object = draft(Part::Maintenance, options.own_namespace, kMaintenanceName);
  Json::Value& spec = object.body["spec"];
  spec["repository"]["repository"] = options.maintenance.secret;
  spec["trigger"]["schedule"] = options.maintenance.schedule;
  put_mover_volumes(spec, options.repository);
  const SecurityContext context = maintenance_context(options);
  spec["podSecurityContext"] = security_context(context);
  if (context.run_as_user == 0) spec["containerSecurityContext"] = roots_container_context();
  return sealed(std::move(object));
}

}  // namespace

RepositoryOptions without_injection(RepositoryOptions repository) {
  repository.mover_volumes = repository.mover_volumes || repository.inject;
  return repository;
}

std::string why_no_maintenance(const Options& options) {
  if (!options.maintenance.enabled) return "off: generator.maintenance.enabled";
  if (options.repository.kind == RepositoryOptions::Kind::None) return "not kept: generator.repository.kind is none";
  if (options.own_namespace.empty()) return "not kept: our own namespace is not known (POD_NAMESPACE)";
  return {};
}

std::optional<kube::Target> maintenance_place(const Options& options) {
  if (!why_no_maintenance(options).empty()) return std::nullopt;
  return kube::Target{kube::kKopiaMaintenances, options.own_namespace, std::string(kMaintenanceName)};
}

std::string maintenance_jobs_selector() {
  return fmt::format("volsync.backube/kopia-maintenance=true,volsync.backube/maintenance-name={}", kMaintenanceName);
}

std::chrono::seconds stale_after(const MaintenanceOptions& options) {
  if (options.stale_after) return std::chrono::floor<std::chrono::seconds>(*options.stale_after);
  return std::max<std::chrono::seconds>(kLeastStale, kMissed * longest_pause(options.schedule));
}

std::string describe(const std::vector<core::MaintenanceProblem>& problems) {
  std::string text;
  for (const core::MaintenanceProblem& problem : problems) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", to_string(problem.reason), problem.message);
  }
  return text;
}

std::vector<Object> installation_objects(const core::Policy& policy, const Options& options) {
  std::vector<Object> objects;
  if (maintenance_place(options)) {
    Options own = options;
    own.repository = without_injection(own.repository);
    if (options.secret.writes_external()) objects.push_back(maintenance_secret_object(own));
    objects.push_back(maintenance_object(own));
  }
  if (options.kyverno_cleanup) objects.push_back(cleanup_policy_object(policy));
  return objects;
}

}  // namespace holdfast::volsync
