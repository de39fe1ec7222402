// Kubernetes resource quantities ("10Gi", "500M", "1e9", "0.5Ti").
// Pure; any thread. Grammar: k8s.io/apimachinery/pkg/api/resource, Quantity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::core {

/// The quantity in bytes, rounded up as the API server does; capped at the largest int64. nullopt: not a quantity, or
/// negative.
std::optional<std::int64_t> parse_bytes(std::string_view text);

/// "512 B", "5.0 GiB": roughly, for people. Less than nothing is nothing.
std::string format_size(std::int64_t bytes);

}  // namespace holdfast::core
