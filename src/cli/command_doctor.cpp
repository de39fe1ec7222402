// `doctor`: one look at everything that an installation rests on.
#include "holdfast/base/clock.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/ops/metrics.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/doctor/checks.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

using diagnosis::Finding;
using diagnosis::Part;

core::Evidence look_at_backups(const Settings& settings, const ops::Logger& log, std::vector<Finding>& found) {
  diagnosis::check_configuration(settings, Part("configuration", found));
  diagnosis::check_kopia(settings, Part("kopia", found));
  diagnosis::check_repository(settings, Part("repository", found));
  ops::Metrics metrics(HOLDFAST_VERSION);
  const auto index = make_index(settings, log, metrics);
  core::Evidence evidence = diagnosis::check_index(settings, *index, Part("index", found));
  const bool own = settings.certs.mode == Settings::Certs::Mode::Self;
  if (!own) diagnosis::check_certificate(settings, base::utc_now(), Part("certificate", found));
  return evidence;
}

void look_at_cluster(const Settings& settings, const core::Evidence& evidence, const ops::Logger& log,
                     std::vector<Finding>& found) {
  const auto config = cluster_config(settings);
  if (!config) {
    return Part("cluster", found)
        .warn("there is no connection to one: a plain webhook, nothing is generated",
              "set kubeconfig (--kubeconfig) if that is not meant");
  }
  // Without POD_NAMESPACE ours is that of the account or of the kubeconfig's context.
  Settings known = settings;
  known.generator.own_namespace = generator_setup(settings, *config).options.own_namespace;
  ClusterClient cluster(*config, log);
  if (!diagnosis::check_cluster(cluster, config->host, Part("cluster", found))) return;
  if (settings.certs.mode == Settings::Certs::Mode::Self) {
    diagnosis::check_own_certificate(known, cluster, base::utc_now(), Part("certificate", found));
  }
  diagnosis::check_permissions(known, cluster, Part("permissions", found));
  diagnosis::check_kinds(known, cluster, Part("kinds", found));
  diagnosis::check_webhooks(known, cluster, Part("webhooks", found));
  diagnosis::check_storage(known, cluster, Part("storage", found));
  diagnosis::check_maintenance(known, cluster, base::utc_now(), Part("maintenance", found));
  diagnosis::check_secrets(known, cluster, Part("secrets", found));
  diagnosis::check_movers(known, cluster, Part("movers", found));
  diagnosis::check_verification(known, cluster, Part("verification", found));
  diagnosis::check_unclaimed(known, evidence, cluster, base::utc_now(), Part("unclaimed", found));
  diagnosis::check_leader(known, cluster, base::utc_now(), Part("leader", found));
}

}  // namespace

int doctor(const Settings& settings, Output output) {
  // What is wrong is said once, in the findings.
  const ops::Logger log(ops::Logger::Sink::Stderr, ops::Level::Error, settings.log_format);
  std::vector<Finding> found;
  const core::Evidence evidence = look_at_backups(settings, log, found);
  look_at_cluster(settings, evidence, log, found);
  print(output == Output::Text ? diagnosis::to_text(found) : render(diagnosis::to_value(found), output));
  return diagnosis::exit_code(found);
}

}  // namespace holdfast::cli
