// Where in a PersistentVolumeClaim document the members of core::Pvc stand.
#pragma once

#include <vector>

#include "holdfast/core/pvc.hpp"
#include "src/json/shape.hpp"

namespace holdfast::json {

/// An object that may be a claim. It is read as one in any case: members come in any order, so that what it is may be
/// said last; only then is it known whether the complaints count.
struct PvcDraft {
  core::Pvc pvc;
  std::vector<Complaint> complaints;
};

namespace pvc_shape {

// Setters with a meaning of their own; owners are core::Pvc.
const char* set_requested_bytes(void* pvc, std::string_view key, std::string_view quantity);
void* open_annotations(void* pvc);
std::vector<Complaint>& complaints_of(void* pvc_draft);

inline constexpr Member kOwner[] = {
    {"kind", text<&core::OwnerReference::kind>()},
    {"controller", flag<&core::OwnerReference::controller>()},
};
inline constexpr Shape kOwnerElement = object<&core::Pvc::owners>(kOwner);

inline constexpr Member kMetadata[] = {
    {"namespace", text<&core::Pvc::ns>()},
    {"name", text<&core::Pvc::name>()},
    {"generateName", text<&core::Pvc::generate_name>()},
    {"labels", text_map<&core::Pvc::labels>()},
    {"annotations", text_map<&core::Pvc::annotations>(open_annotations)},
    {"ownerReferences", array(kOwnerElement)},
};

inline constexpr Member kReference[] = {
    {"apiGroup", text<&core::ObjectReference::api_group>()},
    {"kind", text<&core::ObjectReference::kind>()},
    {"name", text<&core::ObjectReference::name>()},
    {"namespace", text<&core::ObjectReference::ns>()},
};

inline constexpr Member kRequests[] = {{"storage", {.kind = Shape::Kind::Scalar, .set = set_requested_bytes}}};
inline constexpr Member kResources[] = {{"requests", object(kRequests)}};

inline constexpr Member kSpec[] = {
    {"volumeMode", text<&core::Pvc::volume_mode>()},
    {"volumeName", text<&core::Pvc::volume_name>()},
    {"storageClassName", text<&core::Pvc::storage_class>()},
    {"selector", present<&core::Pvc::has_selector>()},
    {"resources", object(kResources)},
    {"dataSource", object<&core::Pvc::data_source>(kReference)},
    {"dataSourceRef", object<&core::Pvc::data_source_ref>(kReference)},
};

/// For the tables of documents that are or hold a claim; the owner is a PvcDraft.
inline constexpr Member kDraft[] = {
    {"metadata", object<&PvcDraft::pvc>(kMetadata)},
    {"spec", object<&PvcDraft::pvc>(kSpec)},
};

}  // namespace pvc_shape
}  // namespace holdfast::json
