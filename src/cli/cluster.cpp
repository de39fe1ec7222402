#include "src/cli/cluster.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "src/cli/make_index.hpp"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kListingTime{60};

std::string replica_name() {
  std::string pod = from_environment("POD_NAME").value_or("");
  if (!pod.empty()) return pod;
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {'h', 'o', 's', 't'};
  return fmt::format("{}-{}", host.data(), getpid());
}

}  // namespace

std::optional<kube::Config> cluster_config(const Settings& settings) {
  try {
    if (!settings.kubeconfig.empty()) return kube::read_kubeconfig(settings.kubeconfig);
    return kube::in_cluster_config(from_environment);
  } catch (const kube::ConfigError& e) {
    throw SettingsError(std::string("kubeconfig (--kubeconfig): ") + e.what());
  }
}

kube::Config need_cluster(const Settings& settings) {
  auto config = cluster_config(settings);
  if (!config)
    throw SettingsError("kubeconfig (--kubeconfig) is not set, and this is no pod with an account of its own");
  return *std::move(config);
}

generator::Generator::Setup generator_setup(const Settings& settings, const kube::Config& config) {
  generator::Generator::Setup setup;
  setup.options = settings.generator;
  setup.policy = settings.policy;
  setup.sweep = settings.sweep;
  setup.identity = replica_name();
  if (setup.options.own_namespace.empty()) setup.options.own_namespace = config.ns;
  return setup;
}

generator::Generator::Audit audit_cluster(Look& look_at, const kube::Config& config, const std::string& ns,
                                          volsync::Adopts adopts) {
  auto setup = generator_setup(look_at.settings, config);
  setup.options.adopt = std::max(setup.options.adopt, adopts);
  const auto deadline = std::chrono::steady_clock::now() + kListingTime + 2 * look_at.settings.index.timeout;
  return generator::audit_once(setup, config, *look_at.index, look_at.log, deadline, ns);
}

std::optional<kube::Target> memory_place(const Settings& settings, const kube::Config& config) {
  if (!settings.generator.enabled) return std::nullopt;
  return volsync::seen_place(settings.policy.pin, generator_setup(settings, config).options.own_namespace);
}

}  // namespace holdfast::cli
