// Whether a PVC is to have a copy of the repository's Secret, where holdfast makes those itself.
// Pure; any thread.
#pragma once

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// What is asked below can be told. All of them of a PVC that exists.
bool is_known(const View& view);

/// Not where movers of a source that stays somebody else's may read a Secret of that name.
bool wants_copy(const View& view, const core::Policy& policy);

/// Nothing is protected any more, and nothing is left that reads it.
bool may_lose_copy(const View& view, const core::Policy& policy);

/// A Secret that is ours, and was made for the PVC of that name; empty: for none.
bool is_copy_for(const core::Observed& object, std::string_view pvc);

}  // namespace holdfast::generator
