#include "src/core/ignored_backups.hpp"

#include <fmt/format.h>

#include "holdfast/core/candidates.hpp"

namespace holdfast::core {
namespace {

struct Ignored {
  Identity source;
  Snapshot snapshot;
};

/// nullptr: not known to be all there is, or of a repository that is not the pinned one.
const Catalog* known_catalog(const Evidence& evidence, const Policy& policy) {
  const auto* current = std::get_if<Current>(&evidence.state);
  if (current == nullptr) return nullptr;
  const auto* pinned = std::get_if<RepositoryId>(&policy.pin);
  return pinned == nullptr || evidence.repository == *pinned ? current->catalog.get() : nullptr;
}

/// What could as well be another PVC's is none of this one's.
std::optional<Ignored> newest(const Settled& settled, const Catalog& catalog) {
  std::optional<Ignored> found;
  for (const Candidate& candidate : settled.ignored) {
    auto snapshot = is_ambiguous(candidate, catalog) ? std::nullopt : catalog.newest(candidate.identity);
    if (!snapshot || (found && snapshot->start <= found->snapshot.start)) continue;
    found = {candidate.identity, *std::move(snapshot)};
  }
  return found;
}

}  // namespace

Verdict with_ignored_backups(const Settled& settled, const Evidence& evidence, const Policy& policy) {
  Verdict verdict = settled.verdict;
  const Catalog* catalog = settled.ignored.empty() ? nullptr : known_catalog(evidence, policy);
  if (catalog == nullptr) return verdict;
  const auto ignored = newest(settled, *catalog);
  if (!ignored) return verdict;
  // The source last: it may be long, and a warning is cut at 256 bytes.
  verdict.warnings.push_back(
      fmt::format("{}: a backup exists and is not restored; the newest is snapshot {} of {}, of {}",
                  to_string(Code::BackupsIgnored), ignored->snapshot.id, format_seconds(ignored->snapshot.start),
                  to_string(ignored->source)));
  return verdict;
}

}  // namespace holdfast::core
