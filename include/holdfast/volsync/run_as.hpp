// `moverSecurityContext: auto`: movers run as whom the data belongs to, as far as that is known, and as far as the
// repository stands it. kopia's files are readable by their owner only (0600): on a file system, movers that write as
// several users lock each other out, and holdfast too. There only the groups are found out.
// Never root: an unprivileged uid 0 may do no more than others, and privileged movers are VolSync's to make.
// Pure; any thread.
#pragma once

#include <string_view>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/workload.hpp"
#include "holdfast/volsync/options.hpp"

namespace holdfast::volsync {

/// Whom the pods that use a PVC run as.
struct Users {
  enum class Are {
    Unknown,   ///< pods are not watched
    None,      ///< no pod uses it
    Alike,     ///< as `as` says; what is absent there they leave to their images
    Different  ///< several, and not the same
  };
  Are are = Are::Unknown;
  core::RunsAs as;
  bool operator==(const Users&) const = default;
};

/// Movers may write to it as several users.
bool takes_any_user(const RepositoryOptions& repository);

/// Whom the root of a snapshot belongs to; empty: root, or not recorded, which look the same.
core::RunsAs owner_of_root(const core::Snapshot& snapshot);

/// `context` with what was `found` in place of its own user and groups, where it asks for that.
SecurityContext run_as(SecurityContext context, const core::RunsAs& found, const RepositoryOptions& repository);

bool is_automatic(const BackupLayer& settings);
/// The same for complete settings of a backup or restore. A cache on a volume of its own is given to a group in any
/// case, because it belongs to root; restic's always is one.
void take_ids(BackupLayer& settings, const core::RunsAs& found, const RepositoryOptions& repository,
              bool always_caches_on_volume = false);

/// What a namespace's annotation kPrivilegedMovers says: its movers are root, with the rights of root. VolSync takes
/// the value in any case (its internal/controller/utils/namespace.go).
bool gives_privileges(std::string_view annotation);

/// "568:568:570": user, group and fsGroup, what is absent left empty.
std::string to_text(const core::RunsAs& as);
/// Nothing where it is no such text.
core::RunsAs read_runs_as(std::string_view text);

/// Why the users do not say whom a mover should run as, for people; empty: they do, or there are none.
std::string unclear_users(const Users& users);

}  // namespace holdfast::volsync
