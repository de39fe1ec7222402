// RFC 4648, section 4.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::kube {

/// On one line.
std::string encode_base64(std::string_view bytes);

/// Line ends are skipped. nullopt: not base64.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace holdfast::kube
