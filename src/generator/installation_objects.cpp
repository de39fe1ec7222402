#include "src/generator/cleanup_policy.hpp"
#include "src/generator/draft.hpp"
#include "src/generator/external_secret.hpp"
#include "src/generator/mover.hpp"

namespace holdfast::generator {
namespace {

constexpr std::string_view kMaintenance = "holdfast-maintenance";

bool wants_maintenance(const Options& options) {
  return options.maintenance.enabled && !options.own_namespace.empty() &&
         options.repository.kind != RepositoryOptions::Kind::None;
}

Object maintenance_secret_object(const Options& options) {
  Object object = draft(Part::MaintenanceSecret, options.own_namespace, options.maintenance.secret);
  object.body["spec"] = repository_secret_spec(object.name, options);
  return sealed(std::move(object));
}

Object maintenance_object(const Options& options) {
  Object object = draft(Part::Maintenance, options.own_namespace, kMaintenance);
  Json::Value& spec = object.body["spec"];
  spec["repository"]["repository"] = options.maintenance.secret;
  spec["trigger"]["schedule"] = options.maintenance.schedule;
  if (Json::Value volumes = mover_volumes(options.repository); !volumes.isNull()) {
    spec["moverVolumes"] = std::move(volumes);
  }
  // It rewrites the files that movers have written, which only their user may read.
  if (const auto& context = options.backup.security_context; context && !context->empty()) {
    spec["podSecurityContext"] = security_context(*context);
  }
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
  if (wants_maintenance(options)) {
    const Options own = without_injection(options);
    if (options.secret.external_secret) objects.push_back(maintenance_secret_object(own));
    objects.push_back(maintenance_object(own));
  }
  if (options.kyverno_cleanup) objects.push_back(cleanup_policy_object(policy));
  return objects;
}

}  // namespace holdfast::generator
