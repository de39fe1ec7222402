// How commands and the server reach the API server.
#pragma once

#include <optional>
#include <string>

#include "holdfast/cli/settings.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/kube/config.hpp"

namespace holdfast::cli {

struct Look;

/// The setting `kubeconfig`, else the pod's own account; nullopt: neither is there. Throws SettingsError.
std::optional<kube::Config> cluster_config(const Settings& settings);

/// The same for commands that cannot do without.
kube::Config need_cluster(const Settings& settings);

/// What `make` returns. A file of the kubeconfig that cannot be read now is an error of that setting.
template <class Make>
auto with_kubeconfig(const Make& make) {
  try {
    return make();
  } catch (const kube::ConfigError& e) {
    throw SettingsError(std::string("kubeconfig: ") + e.what());
  }
}

/// What the generator works by: this replica's name is POD_NAME, or host and process; where POD_NAMESPACE does not say
/// it, our own namespace is that of the pod's account, or of the kubeconfig's context.
generator::Generator::Setup generator_setup(const Settings& settings, const kube::Config& config);

/// One look at every PVC of the cluster, or of one namespace, with time for a listing of each kind and of the backups.
/// `adopts`: at least that, whatever the settings say. Throws std::runtime_error with what could not be read.
generator::Generator::Audit audit_cluster(Look& look_at, const kube::Config& config, const std::string& ns = {},
                                          volsync::Adopts adopts = volsync::Adopts::Requested);

/// Where the generator of this installation keeps what was seen; nullopt: it keeps nothing.
std::optional<kube::Target> memory_place(const Settings& settings, const kube::Config& config);

}  // namespace holdfast::cli
