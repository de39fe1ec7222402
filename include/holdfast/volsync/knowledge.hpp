// What a replica knows without asking, for whoever decides about PVCs: the generator's thread puts it here as it learns
// it. Any thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "holdfast/base/latest.hpp"
#include "holdfast/core/owner_table.hpp"
#include "holdfast/volsync/seen.hpp"

namespace holdfast::volsync {

/// Whose backups are whose, as the watches of ReplicationSources and PVCs tell.
struct WatchedOwners {
  /// Both kinds were listed whole and are watched since: what is not here was not there a moment ago.
  bool current = false;
  std::map<std::string, std::shared_ptr<const core::OwnerTable>> namespaces = {};

  /// nullptr: there is nothing in that namespace.
  std::shared_ptr<const core::OwnerTable> of(const std::string& ns) const {
    const auto found = namespaces.find(ns);
    return found == namespaces.end() ? nullptr : found->second;
  }
};

struct Knowledge {
  base::Latest<KnownSeen> seen;
  base::Latest<WatchedOwners> watched;
};

}  // namespace holdfast::volsync
