// The ClusterCleanupPolicy with which Kyverno, and not holdfast, deletes what a PVC has left behind.
// Pure; any thread.
#pragma once

#include "holdfast/generator/desired.hpp"

namespace holdfast::generator {

Object cleanup_policy_object(const core::Policy& policy);

}  // namespace holdfast::generator
