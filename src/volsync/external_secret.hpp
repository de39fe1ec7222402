// ExternalSecrets: which Secret External Secrets makes, from what it reads in a store and what is no secret.
// Pure; any thread.
#pragma once

#include <utility>

#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {

struct ExternalSecret {
  std::string name;  ///< of the Secret
  std::string store, store_kind;
  std::string refresh_interval;
  std::string key;  ///< in the store
  /// Key of the Secret and property in the store.
  std::vector<std::pair<std::string, std::string>> read;
  /// Key of the Secret and value; no secrets.
  std::vector<std::pair<std::string, std::string>> given;
};
Json::Value external_secret_spec(const ExternalSecret& secret);

/// `spec` of the ExternalSecret with which movers open the repository.
Json::Value repository_secret_spec(std::string_view name, const Options& options);

}  // namespace holdfast::volsync
