// Where in any object the members of core::Meta and of a condition stand, and times as Kubernetes writes them.
#pragma once

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

#include "holdfast/base/text.hpp"
#include "holdfast/core/claim.hpp"
#include "src/json/reader/shape.hpp"

namespace holdfast::json::meta_shape {

/// Into an optional core::Time; owner and way as for text().
template <auto... Path>
const char* set_time(void* owner, std::string_view, std::string_view value) {
  const auto time = core::parse_rfc3339(value);
  if (!time) return "expected a time in RFC 3339";
  detail::Slot<Path...>::of(owner) = *time;
  return nullptr;
}
template <auto... Path>
constexpr Shape time() {
  return {.kind = Shape::Kind::Text, .set = set_time<Path...>};
}

/// What a core::Meta and a core::Claim both keep; `Part` holds them, `At` leads to it.
template <class Part, auto... At>
inline constexpr auto kVersion = std::to_array<Member>({
    {"uid", text<At..., &Part::uid>()},
    {"resourceVersion", text<At..., &Part::resource_version>()},
    {"creationTimestamp", time<At..., &Part::created>()},
    {"deletionTimestamp", present<At..., &Part::deleting>()},
});

inline constexpr Member kOwner[] = {
    {"kind", text<&core::Meta::Owner::kind>()},
    {"name", text<&core::Meta::Owner::name>()},
    {"uid", text<&core::Meta::Owner::uid>()},
};
template <auto... At>
inline constexpr Shape kOwnerElement = object<At..., &core::Meta::owners>(kOwner);

/// All of it; `At` leads from the owner to the core::Meta.
template <auto... At>
inline constexpr auto kMetadata =
    joined(kVersion<core::Meta, At...>, std::to_array<Member>({
                                            {"namespace", text<At..., &core::Meta::ns>()},
                                            {"name", text<At..., &core::Meta::name>()},
                                            {"labels", text_map<At..., &core::Meta::labels>()},
                                            {"annotations", text_map<At..., &core::Meta::annotations>()},
                                            {"ownerReferences", array(kOwnerElement<At...>)},
                                        }));

/// metav1.Condition, as far as all kinds read it.
struct Condition {
  std::string type;
  std::string status;
  std::string reason;
  std::string message;

  bool is(std::string_view wanted, std::string_view state) const { return type == wanted && status == state; }
  /// "reason: message" on one line.
  std::string why(std::size_t max_bytes) const {
    return base::printable(fmt::format("{}: {}", reason, message), max_bytes);
  }
  /// "True", or why not.
  std::string true_or_why(std::size_t max_bytes) const { return status == "True" ? status : why(max_bytes); }
};
template <auto... At>
inline constexpr auto kCondition = std::to_array<Member>({
    {"type", text<At..., &Condition::type>()},
    {"status", text<At..., &Condition::status>()},
    {"reason", text<At..., &Condition::reason>()},
    {"message", text<At..., &Condition::message>()},
});
/// `conditions`, into a vector of them.
template <auto... Path>
inline constexpr Shape kConditionElement = object<Path...>(kCondition<>);
template <auto... Path>
constexpr Shape conditions() {
  return array(kConditionElement<Path...>);
}

}  // namespace holdfast::json::meta_shape
