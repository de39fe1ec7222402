#include "holdfast/generator/maintenance.hpp"
#include "src/generator/objects/cleanup_policy.hpp"
#include "src/generator/objects/draft.hpp"
#include "src/generator/objects/external_secret.hpp"
#include "src/generator/plan/mover.hpp"

namespace holdfast::generator {
namespace {

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
  if (Json::Value volumes = mover_volumes(options.repository); !volumes.isNull()) {
    spec["moverVolumes"] = std::move(volumes);
  }
  const SecurityContext context = maintenance_context(options);
  spec["podSecurityContext"] = security_context(context);
  if (context.run_as_user == 0) spec["containerSecurityContext"] = roots_container_context();
  return sealed(std::move(object));
}

/// The Jobs of a maintenance have no label by which /mutate/job could tell them: it names the volume itself.
Options without_injection(Options options) {
  options.repository.mover_volumes = options.repository.mover_volumes || options.repository.inject;
  return options;
}

}  // namespace

std::vector<Object> installation_objects(const core::Policy& policy, const Options& options) {
  std::vector<Object> objects;
  if (maintenance_place(options)) {
    const Options own = without_injection(options);
    if (options.secret.external_secret) objects.push_back(maintenance_secret_object(own));
    objects.push_back(maintenance_object(own));
  }
  if (options.kyverno_cleanup) objects.push_back(cleanup_policy_object(policy));
  return objects;
}

}  // namespace holdfast::generator
