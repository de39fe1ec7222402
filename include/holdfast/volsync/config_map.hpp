// The ConfigMaps in which holdfast remembers: lines of text under a few keys.
// Pure; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/pvc.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::volsync {

/// Such an object, as it is sent. `version`: of the one that it takes the place of; empty: there is none.
std::string config_map_text(const kube::Target& place, const core::StringMap& data, const std::string& version);

/// Hands each line of `data.<key>` to `read`; where that takes one for none of ours it is a fault, with the `form` that
/// lines have.
std::optional<json::ObjectFault> read_lines(const std::string& text, std::string_view key, std::string_view form,
                                            const std::function<bool(std::string_view line)>& read);

}  // namespace holdfast::volsync
