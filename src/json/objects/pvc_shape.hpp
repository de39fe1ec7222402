// Where in a PersistentVolumeClaim document the members of core::Pvc and core::Claim stand.
#pragma once

#include <array>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/quantity.hpp"
#include "src/json/reader/shape.hpp"

namespace holdfast::json {

/// An object that may be a claim. It is read as one in any case: members come in any order, so that what it is may be
/// said last; only then is it known whether the complaints count.
struct PvcDraft {
  PvcDraft() { pvc.has_spec = false; }
  core::Pvc pvc;
  std::vector<Complaint> complaints;
};

/// Tables. `At` leads from the owner to the core::Pvc that they fill; nothing: the owner is one.
namespace pvc_shape {

/// Into an optional number of bytes; owner and way as for text().
template <auto... Path>
const char* set_bytes(void* owner, std::string_view, std::string_view quantity) {
  const auto bytes = core::parse_bytes(quantity);
  if (!bytes) return "not a quantity of bytes";
  detail::Slot<Path...>::of(owner) = *bytes;
  return nullptr;
}

template <auto... At>
void* open_annotations(void* owner) {
  detail::Slot<At..., &core::Pvc::has_annotations>::of(owner) = true;
  return owner;
}

inline constexpr Member kOwner[] = {
    {"kind", text<&core::OwnerReference::kind>()},
    {"controller", flag<&core::OwnerReference::controller>()},
    {"uid", text<&core::OwnerReference::uid>()},
};
template <auto... At>
inline constexpr Shape kOwnerElement = object<At..., &core::Pvc::owners>(kOwner);

template <auto... At>
inline constexpr auto kMetadata = std::to_array<Member>({
    {"namespace", text<At..., &core::Pvc::ns>()},
    {"name", text<At..., &core::Pvc::name>()},
    {"generateName", text<At..., &core::Pvc::generate_name>()},
    {"labels", text_map<At..., &core::Pvc::labels>()},
    {"annotations", text_map<At..., &core::Pvc::annotations>(open_annotations<At...>)},
    {"ownerReferences", array(kOwnerElement<At...>)},
});

inline constexpr Member kReference[] = {
    {"apiGroup", text<&core::ObjectReference::api_group>()},
    {"kind", text<&core::ObjectReference::kind>()},
    {"name", text<&core::ObjectReference::name>()},
    {"namespace", text<&core::ObjectReference::ns>()},
};

/// All of the spec but `resources`.
template <auto... At>
inline constexpr auto kVolume = std::to_array<Member>({
    {"volumeMode", text<At..., &core::Pvc::volume_mode>()},
    {"volumeName", text<At..., &core::Pvc::volume_name>()},
    {"storageClassName", text<At..., &core::Pvc::storage_class>()},
    {"selector", present<At..., &core::Pvc::has_selector>()},
    {"dataSource", object<At..., &core::Pvc::data_source>(kReference)},
    {"dataSourceRef", object<At..., &core::Pvc::data_source_ref>(kReference)},
});

/// `Set` takes the quantity of storage that is requested.
template <auto Set>
inline constexpr auto kRequests = std::to_array<Member>({{"storage", scalar(Set)}});
template <auto Set>
inline constexpr auto kRequestMember = std::to_array<Member>({{"requests", object(kRequests<Set>)}});
template <auto Set>
inline constexpr auto kResources = std::to_array<Member>({{"resources", object(kRequestMember<Set>)}});

template <auto... At>
inline constexpr auto kSpec = joined(kVolume<At...>, kResources<set_bytes<At..., &core::Pvc::requested_bytes>>);

inline void* open_spec(void* draft) {
  static_cast<PvcDraft*>(draft)->pvc.has_spec = true;
  return draft;
}

/// For the tables of documents that are or hold a claim; the owner is a PvcDraft.
inline constexpr Member kDraft[] = {
    {"metadata", object(kMetadata<&PvcDraft::pvc>)},
    {"spec", {.kind = Shape::Kind::Object, .open = open_spec, .members = kSpec<&PvcDraft::pvc>}},
};

}  // namespace pvc_shape

/// Tables of what the author of a claim writes; `At` leads to the core::Claim.
namespace claim_shape {

template <auto... At>
const char* set_requested(void* owner, std::string_view key, std::string_view quantity) {
  detail::Slot<At..., &core::Claim::requested>::of(owner) = quantity;
  return pvc_shape::set_bytes<At..., &core::Claim::pvc, &core::Pvc::requested_bytes>(owner, key, quantity);
}

template <auto... At>
inline constexpr auto kMetadata = pvc_shape::kMetadata<At..., &core::Claim::pvc>;
template <auto... At>
inline constexpr auto kSpec =
    joined(joined(pvc_shape::kVolume<At..., &core::Claim::pvc>, pvc_shape::kResources<set_requested<At...>>),
           std::to_array<Member>({{"accessModes", text_array<At..., &core::Claim::access_modes>()}}));

}  // namespace claim_shape
}  // namespace holdfast::json
