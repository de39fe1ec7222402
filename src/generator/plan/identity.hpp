// How VolSync is told under which identity kopia works.
// Pure; any thread. Source: FromDestination in the fork's mover (builder.go), select_snapshot_to_restore in entry.sh.
#pragma once

#include "holdfast/generator/desired.hpp"

namespace holdfast::generator {

/// Of a ReplicationSource's `spec.kopia`.
void put_source_identity(Json::Value& kopia, const core::Identity& identity);

/// Of a ReplicationDestination's `spec.kopia`. `pvc`: the name of the PVC that is restored.
void put_destination_identity(Json::Value& kopia, const core::Identity& identity, std::string_view pvc);

}  // namespace holdfast::generator
