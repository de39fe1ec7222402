// What must be known before a restore begins or a first backup is made.
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <variant>

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// A refusal, and whether current evidence, or more of what is remembered, could lift it.
struct Precondition {
  Hold hold;
  bool needs_evidence = false;
  bool needs_memory = false;
};

/// The catalog of the right repository, provably current; or why not. The pointer lives as long as the view.
std::variant<const core::Catalog*, Precondition> usable_catalog(const View& view, const core::Policy& policy,
                                                                Part part);

/// The same, asked for after this moment: what was there before it proves nothing of what is there since.
std::variant<const core::Catalog*, Precondition> usable_catalog_since(const View& view, const core::Policy& policy,
                                                                      Part part,
                                                                      std::chrono::steady_clock::time_point moment);

/// Why a ReplicationSource that is not there yet may not be made now; nullopt: it may. An empty volume must never push
/// good snapshots out.
std::optional<Precondition> source_precondition(const View& view, const core::Policy& policy, const Options& options,
                                                core::Time now);

/// It is to start empty although there are backups, and says why.
bool skips_restore(const core::Claim& claim);

/// That backups of other PVCs lie under this identity. `exists`: this one's ReplicationSource is there all the same.
Hold identity_taken_hold(const core::Identity& identity, const View& view, bool exists);

/// Why an off-site source that is not there yet may not be made now, although source_precondition() lets it: the
/// repository may be a new one, and the off-site copy the last that is left of a PVC whose volume is new too.
std::optional<Precondition> offsite_precondition(const View& view, const core::Policy& policy);

}  // namespace holdfast::generator
