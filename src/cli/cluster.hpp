// How commands and the server reach the API server.
#pragma once

#include <optional>

#include "holdfast/cli/settings.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/kube/config.hpp"

namespace holdfast::cli {

/// The setting `kubeconfig`, else the pod's own account; nullopt: neither is there. Throws SettingsError.
std::optional<kube::Config> cluster_config(const Settings& settings);

/// The same for commands that cannot do without.
kube::Config need_cluster(const Settings& settings);

/// What the generator works by: this replica's name is POD_NAME, or host and process; where POD_NAMESPACE does not say
/// it, our own namespace is that of the pod's account.
generator::Generator::Setup generator_setup(const Settings& settings, const kube::Config& config);

}  // namespace holdfast::cli
