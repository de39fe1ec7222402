// The JSON Patch that gives a mover Job the repository.
// Pure; any thread. Source of the shapes: k8s.io/api/batch/v1 and core/v1.
#pragma once

#include <json/value.h>

#include <stdexcept>
#include <string>

#include "holdfast/webhook/admission.hpp"

namespace holdfast::webhook {

/// A Job that is none; what() names the field.
struct MalformedJob : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether VolSync made it to move data. (Jobs that maintain the repository have no label of their own, only their pods
/// have: the KopiaMaintenance names the volume itself.)
bool is_mover_job(const Json::Value& job);

/// The operations that `job` still needs; empty: none. Reads as little of `job` as it needs; throws MalformedJob.
///
/// VolSync writes the whole pod template at every update, without what we have added, and deletes the Job when the
/// result differs from what is stored, because pod templates are immutable. So with `old`, the stored Job (null: there
/// is none), the result is given exactly what `old` was given, whatever the settings say by now.
std::string mover_patch(const Json::Value& job, const Json::Value& old, const MoverInjection& injection);

}  // namespace holdfast::webhook
