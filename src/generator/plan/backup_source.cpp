#include "src/generator/plan/backup_source.hpp"

#include "holdfast/core/candidates.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

using Candidates = std::vector<core::Candidate>;

/// The identity that an object of this PVC names, if it is one of the PVC's own places.
std::optional<core::Identity> kept_by(const core::Observed* object, const View& view, const Candidates& candidates) {
  if (!is_ours(object) || !is_owned_by(*object, view.claim->uid)) return std::nullopt;
  const auto identity = identity_in(*object);
  return identity && core::contains(candidates, *identity) ? identity : std::nullopt;
}

std::optional<core::Identity> of_the_source(const View& view, const Candidates& candidates) {
  if (auto kept = kept_by(object_of(view, Part::Source), view, candidates)) return kept;
  for (const auto& [part, stray] : view.strays) {
    if (part != Part::Source) continue;
    if (auto kept = kept_by(stray, view, candidates)) return kept;
  }
  return std::nullopt;
}

std::optional<core::Identity> of_the_promise(const View& view, const core::Policy& policy,
                                             const Candidates& candidates) {
  const auto promise = promise_of(*view.claim, policy);
  if (!promise || !core::contains(candidates, promise->source)) return std::nullopt;
  return promise->source;
}

}  // namespace

core::Protection protection_of(const View& view, const core::Policy& policy) {
  const auto labels = view.namespace_labels == nullptr ? std::nullopt : std::optional(*view.namespace_labels);
  return core::protection(view.claim->pvc, labels, policy);
}

core::Identity backup_identity(const View& view, const core::Policy& policy) {
  const Candidates candidates = core::candidates(policy, view.pvc, view.ownership);
  if (auto identity = of_the_source(view, candidates)) return *identity;
  if (auto identity = of_the_promise(view, policy, candidates)) return *identity;
  const auto* current = view.evidence == nullptr ? nullptr : std::get_if<core::Current>(&view.evidence->state);
  if (current != nullptr && current->catalog) {
    const auto found = core::locate(candidates, *current->catalog);
    if (found && found->is_sure()) return found->identity;
  } else if (auto identity = kept_by(object_of(view, Part::Destination), view, candidates)) {
    // While nothing is known the destination stays as it is, instead of changing with every pause of the index.
    return *identity;
  }
  return core::identity_templates(policy).front().expand(view.pvc);
}

std::optional<NewestBackup> newest_backup(const View& view, const core::Policy& policy, const core::Catalog& catalog) {
  const core::Identity own = backup_identity(view, policy);
  if (auto snapshot = catalog.newest(own)) return NewestBackup{own, *std::move(snapshot)};
  for (const core::Candidate& place : core::candidates(policy, view.pvc, view.ownership)) {
    if (auto snapshot = catalog.newest(place.identity)) return NewestBackup{place.identity, *std::move(snapshot)};
  }
  return std::nullopt;
}

std::optional<core::Time> newest_backup_end(const View& view, const core::Policy& policy,
                                            const core::Catalog& catalog) {
  const auto newest = newest_backup(view, policy, catalog);
  return newest ? core::parse_rfc3339(newest->snapshot.end_time) : std::nullopt;
}

}  // namespace holdfast::generator
