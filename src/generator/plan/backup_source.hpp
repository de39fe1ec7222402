// The kopia source under which a PVC is backed up.
// Pure; any thread.
#pragma once

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// Of the PVC that the view has. Labels of its namespace that are not known count as not managed.
core::Protection protection_of(const View& view, const core::Policy& policy);

/// What its backups are already made under, else where they came from, else where complete ones lie, else the first of
/// its places. Only ever one of the PVC's own places.
core::Identity backup_identity(const View& view, const core::Policy& policy);

struct NewestBackup {
  core::Identity source;
  core::Snapshot snapshot;
};
/// The newest complete backup of the PVC: the one under that identity, else under another of its places; nullopt: there
/// is none. `view.claim` is there.
std::optional<NewestBackup> newest_backup(const View& view, const core::Policy& policy, const core::Catalog& catalog);
/// When it ended.
std::optional<core::Time> newest_backup_end(const View& view, const core::Policy& policy, const core::Catalog& catalog);

}  // namespace holdfast::generator
