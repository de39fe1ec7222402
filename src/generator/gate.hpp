// What must be known before a restore begins or a first backup is made.
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <variant>

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// A refusal, and whether current evidence could lift it.
struct Gate {
  Hold hold;
  bool needs_evidence = false;
};

/// The catalog of the right repository, provably current; or why not. The pointer lives as long as the view.
std::variant<const core::Catalog*, Gate> usable_catalog(const View& view, const core::Policy& policy, Part part);

/// The same, asked for after this moment: what was there before it proves nothing of what is there since.
std::variant<const core::Catalog*, Gate> usable_catalog_since(const View& view, const core::Policy& policy, Part part,
                                                              std::chrono::steady_clock::time_point moment);

/// Why a ReplicationSource that is not there yet may not be made now; nullopt: it may. An empty volume must never push
/// good snapshots out.
std::optional<Gate> source_gate(const View& view, const core::Policy& policy, const Options& options, core::Time now);

}  // namespace holdfast::generator
