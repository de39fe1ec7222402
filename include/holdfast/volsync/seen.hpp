// The memory of a repository: which identities were seen with complete snapshots, so that backups that are gone are
// missed, and which PVCs backed up under them, so that they are found when the objects that said so are gone. It is
// kept in a ConfigMap of our own namespace, one per repository, as lines `<time> <identity>` and `<namespace>/<pvc>
// <identity>`.
// Copies of it may be united in any order: those of other replicas, and one that somebody has put back.
// Values and pure functions; any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/base/latest.hpp"
#include "holdfast/core/candidates.hpp"
#include "holdfast/core/catalog.hpp"
#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/owner_table.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::volsync {

/// A ConfigMap in which holdfast remembers, as it is sent. `version`: of the one that it takes the place of; empty:
/// there is none.
std::string config_map_text(const kube::Target& place, const core::StringMap& data, const std::string& version);

/// Hands each line of `data.<key>`, if there is one, to `read`; where that takes one for none of ours it is a fault,
/// with the `form` that lines have.
std::optional<json::ObjectFault> read_lines(const json::ConfigMap& object, std::string_view key, std::string_view form,
                                            const std::function<bool(std::string_view line)>& read);

/// The most that is written: a ConfigMap holds 1 MiB. Identities of 40 bytes, with a PVC each: 7,000 of them.
inline constexpr std::size_t kSeenBytes = 900 * 1024;

/// An identity, as to_string writes it, is in one of the two; times are in whole seconds.
struct Seen {
  using Times = std::map<std::string, core::Time, std::less<>>;
  Times ends;      ///< when the latest of its newest complete snapshots ended
  Times accepted;  ///< the same, of backups that a person takes for gone: an older copy must not bring them back
  /// The PVCs of identities that are in one of the two. None is ever taken away.
  std::map<std::string, std::set<core::PvcName>, std::less<>> owners = {};
  bool operator==(const Seen&) const = default;
};

/// Where it is kept: `holdfast-seen-<the beginning of the pinned repository's identity>`, so that another repository
/// has a memory of its own. nullopt: nowhere, because our namespace is not known, or because nothing is pinned, in
/// which case nothing may start empty anyway.
std::optional<kube::Target> seen_place(const core::Pin& pin, const std::string& own_namespace);

/// Whether a ConfigMap of this name is such a memory, of whichever repository.
bool is_seen_name(std::string_view name);

/// What the ConfigMap says; every line must be one that write_seen() writes.
std::variant<Seen, json::ObjectFault> read_seen(const json::ConfigMap& object);
/// The whole ConfigMap as JSON, which as a merge patch leaves alone what others have put on it. `resource_version`
/// empty: a new one.
std::string write_seen(const kube::Target& place, const Seen& seen, const std::string& resource_version);

/// Adds what the catalog holds; nothing is taken away. Returns how many identities had no room in `bytes`.
std::size_t add_seen(Seen& seen, const core::Catalog& catalog, std::size_t bytes = kSeenBytes);
/// What a ReplicationSource says, and when its last synchronisation ended.
struct Synced {
  core::Said said;
  core::Time at;
};
/// Adds whose the identities are that are in it, where the PVC's namespace is the host: nobody speaks for another
/// namespace. Only of whom the newest backup in `catalog` is, by its time: what a ReplicationSource says now may be an
/// error that is mended in a minute, and is never taken away here. Returns how many had no room in `bytes`.
std::size_t add_owners(Seen& seen, std::span<const Synced> synced, const core::Catalog& catalog,
                       std::size_t bytes = kSeenBytes);
/// Adds what another copy knows: of each identity the latest holds, and of what is as late that it was accepted.
/// Returns how many identities had no room in `bytes`.
std::size_t unite(Seen& seen, const Seen& more, std::size_t bytes = kSeenBytes);
/// Of a PVC none of whose candidates has a complete snapshot: the candidates that had. Its id depends on them and on
/// when they were seen last, so that it is another one when backups vanish again.
std::optional<core::Tombstone> tombstone(const Seen& seen, std::span<const core::Candidate> candidates);
/// When these were seen, and nothing else.
Seen those_of(const Seen& seen, std::span<const core::Candidate> candidates);
/// They are accepted as gone: what may come later under these identities is seen again.
void forget_seen(Seen& seen, std::span<const core::Candidate> candidates);

/// Whose backups are whose, as it says; spelled for `templates`.
std::shared_ptr<const core::OwnerTable> owner_table(const Seen& seen,
                                                    const std::vector<core::IdentityTemplate>& templates);

// What a replica knows without asking, for whoever decides about PVCs: the generator's thread puts it here as it learns
// it.

/// Of seen backups.
struct KnownSeen {
  Seen seen;
  std::shared_ptr<const core::OwnerTable> owners;  ///< whose they are; nullptr: nothing was read yet
};

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
  /// The other way: when a review last asked the API server something. Whoever can wait leaves it to them.
  std::atomic<std::chrono::steady_clock::time_point> asked{std::chrono::steady_clock::time_point::min()};
};

}  // namespace holdfast::volsync
