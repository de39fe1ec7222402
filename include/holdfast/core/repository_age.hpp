// How old is what the repository holds? An older copy of it is whole and proves nothing about the backups of today.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/policy.hpp"

namespace holdfast::core {

struct RepositoryAge {
  std::optional<Time> newest_end;  ///< of the newest complete snapshot of all; nullopt: there is none
  bool outdated = false;           ///< that is longer ago than the setting index.freshLimit: nothing may start empty
};

/// A repository without a snapshot has no age, and is not outdated: the first backups are made into one.
RepositoryAge repository_age(const Catalog& catalog, const Policy& policy, Time now);
/// nullopt: it is not known what it holds.
std::optional<RepositoryAge> repository_age(const Evidence& evidence, const Policy& policy, Time now);

/// "the newest snapshot of all is 3h old (2026-11-21T08:46:10Z)", and what that means where it is outdated.
std::string describe(const RepositoryAge& age, const Policy& policy, Time now);

}  // namespace holdfast::core
