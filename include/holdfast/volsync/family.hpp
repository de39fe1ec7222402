// Which PVC an object, or a PVC of VolSync's, is about: by what is written on it, and by its name.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/kube/resource.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {

/// The kinds of objects that belong to PVCs.
enum class Family { Secrets, Destinations, Sources };
inline constexpr Family kFamilies[] = {Family::Secrets, Family::Destinations, Family::Sources};
const kube::Resource& resource(Family family);
Family family(Part part);

/// The PVC that an object of ours was made for: by its owner, its annotation, or its label; empty name: it does not
/// say.
core::PvcName made_for(const core::Observed& object);

/// The PVCs that an object of this name could stand in the way of. Names that were shortened are not found this way:
/// the sweep looks at those. Some may be empty.
std::vector<std::string> pvcs_by_name(Family family, core::Naming naming, const std::string& name);

/// The PVC whose run has a volume of this name; empty: none, or it was shortened.
std::string pvc_by_run_volume(const std::string& name);

}  // namespace holdfast::volsync
