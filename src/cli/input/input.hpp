// The Kubernetes objects in the files that commands are given.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/intent.hpp"

namespace holdfast::cli {

/// What to read.
struct InputRequest {
  std::vector<std::string> files;  ///< files, folders, "-" for standard input
  std::string ns = {};             ///< of documents that name none; empty: "default"
  bool templates = false;          ///< the PVCs of volumeClaimTemplates count too
};

struct Input {
  std::vector<core::Claim> claims;                                 ///< in the order of the files
  std::map<std::string, core::StringMap, std::less<>> namespaces;  ///< labels, of those in the files
  std::map<std::string, core::ClusterFacts, std::less<>> facts;  ///< of namespaces: what their sources in the files say
  std::vector<std::string> warnings;  ///< what was passed over or taken in some way, each with file and line

  /// Labels of the namespace of `claim`; nullopt: the files do not say.
  std::optional<core::StringMap> labels_around(const core::Claim& claim) const;
  /// The same for whoever must know: where the files do not say, those of a managed namespace, as at admission.
  core::StringMap labels_assumed(const core::Claim& claim) const;
  /// Whether `claim` may be created.
  core::Question question(const core::Claim& claim) const;
  /// What the files know around a PVC with this intent.
  const core::ClusterFacts& facts_for(const core::Intent& intent) const;
  /// What the ReplicationSources of a namespace say of backups.
  const core::Ownership& ownership_in(std::string_view ns) const;
};

/// Throws FileError naming file, line and field; SettingsError for a namespace that cannot be one.
Input read_input(const InputRequest& request, const core::Policy& policy);

/// One line each on stderr.
void tell_warnings(const Input& input);

}  // namespace holdfast::cli
