// Where in a PersistentVolumeClaim document the members of core::Claim stand, but for what the API server adds.
#pragma once

#include "holdfast/core/claim.hpp"
#include "src/json/objects/pvc_shape.hpp"

namespace holdfast::json::claim_shape {

/// Tables. `At` leads from the owner to the core::Claim that they fill; nothing: the owner is one.
template <auto... At>
const char* set_requested(void* owner, std::string_view key, std::string_view quantity) {
  detail::Slot<At..., &core::Claim::requested>::of(owner) = quantity;
  return pvc_shape::set_bytes<At..., &core::Claim::pvc, &core::Pvc::requested_bytes>(owner, key, quantity);
}

template <auto... At>
inline constexpr auto kRequests =
    std::to_array<Member>({{"storage", {.kind = Shape::Kind::Scalar, .set = set_requested<At...>}}});
template <auto... At>
inline constexpr auto kResources = std::to_array<Member>({{"requests", object(kRequests<At...>)}});

template <auto... At>
inline constexpr auto kMetadata = pvc_shape::kMetadata<At..., &core::Claim::pvc>;
template <auto... At>
inline constexpr auto kSpec = joined(pvc_shape::kVolume<At..., &core::Claim::pvc>,
                                     std::to_array<Member>({
                                         {"accessModes", text_array<At..., &core::Claim::access_modes>()},
                                         {"resources", object(kResources<At...>)},
                                     }));

}  // namespace holdfast::json::claim_shape
