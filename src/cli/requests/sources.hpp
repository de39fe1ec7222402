// What a person asks of the ReplicationSources that holdfast keeps: `backup`, `drill`, `pause` and `resume`. It is
// written on them, and the generator carries it out.
// One thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/volsync/observed.hpp"
#include "src/cli/cluster_client.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/requests/outcomes.hpp"

namespace holdfast::cli {

/// A PVC and its ReplicationSources: the one of its backups, and the off-site one where there is one.
struct Target {
  core::PvcName pvc;
  std::vector<core::Observed> sources;  ///< never empty
};

/// The PVCs that are asked about.
class Sources {
 public:
  /// Throws SettingsError for a request that contradicts itself, or where there is no cluster. References outlive it.
  Sources(const Settings& settings, const SourcesRequest& request);

  /// What is asked for by name and is not there, or is somebody else's, is added to `refused` instead. Throws
  /// std::runtime_error where the API server does not say.
  std::vector<Target> targets(std::vector<Outcome>& refused);

  /// nullopt: it is not there. Throws std::runtime_error where the API server does not say.
  std::optional<core::Observed> look(const kube::Resource& resource, const std::string& ns, const std::string& name);

  /// Changes this very object, not one that was made anew in the meantime; returns the error, or nothing.
  std::string change(const core::Observed& source, Json::Value patch);
  /// Writes an annotation.
  std::string annotate(const core::Observed& source, std::string_view key, const std::string& value);

  volsync::Names names(const core::PvcName& pvc) const { return volsync::names(settings_.policy.naming, pvc.name); }

 private:
  std::optional<Target> one(const core::PvcName& pvc, std::vector<Outcome>& refused);
  std::vector<Target> all();

  const Settings& settings_;
  const SourcesRequest& request_;
  ops::Logger log_;
  ClusterClient client_;
};

}  // namespace holdfast::cli
