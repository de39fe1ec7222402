// What a namespace holds that speaks of backups, in one look: its ReplicationSources, and the names of mover Jobs. From
// the API server's cache, which takes a fiftieth of the time: what is to be exact is asked for by its name.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/owner_table.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::webhook {

struct NamespaceView {
  /// Names, or why they are not known.
  struct Names {
    std::set<std::string, std::less<>> known;
    std::string problem;
    bool contains(std::string_view name) const { return known.find(name) != known.end(); }
  };
  /// A ReplicationSource that cannot be read.
  struct Unread {
    std::string text;
    std::string problem;
  };

  std::vector<core::Observed> sources;
  std::vector<Unread> unread_sources;
  std::string sources_problem;                     ///< empty: these are all
  Names jobs;                                      ///< of VolSync
  Names claims;                                    ///< all PVCs, where they were asked for
  std::shared_ptr<const core::OwnerTable> owners;  ///< what sources and PVCs say of whose backups are whose
};

/// For which VolSync's spellings of names are worked out.
using Templates = std::shared_ptr<const std::vector<core::IdentityTemplate>>;
using ViewTaker = std::function<void(const std::shared_ptr<const NamespaceView>&)>;

/// Calls `done` exactly once, from any thread, with what there is by `deadline`. The client outlives it. `claims`:
/// whether PVCs are listed.
void look_at_namespace(kube::Client& client, const std::string& ns, bool claims, Templates templates,
                       index::Deadline deadline, ViewTaker done);

}  // namespace holdfast::webhook
