// The JSON Patch (RFC 6902) that carries out a verdict.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/core/pvc.hpp"
#include "holdfast/core/verdict.hpp"

namespace holdfast::json {

/// The operations that turn `pvc`, as it was sent, into what `verdict` promises: for a Restore `spec.dataSourceRef`
/// (unless it is there) and our annotations; for anything else the removal of promise annotations that a client sent.
/// `metadata.annotations` is created first where it is missing; `spec` must be there, as it is in every review.
/// Deterministic. Empty text: nothing to change.
std::string write_patch(const core::Pvc& pvc, const core::Verdict& verdict);

}  // namespace holdfast::json
