// A Lease (coordination.k8s.io/v1) as we write it.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/core/time.hpp"
#include "holdfast/json/objects.hpp"

namespace holdfast::kube {

/// "2026-11-21T10:00:00.000000Z": metav1.MicroTime, which wants all six decimals.
std::string micro_time(core::Time time);

/// With `lease`'s resource version where it has one. No holder: it is free.
std::string lease_document(const std::string& ns, const std::string& name, const json::Lease& lease,
                           const std::string& acquire_time);

}  // namespace holdfast::kube
