#include "holdfast/volsync/config_map.hpp"

#include <fmt/format.h>

#include "holdfast/base/text.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {

std::string config_map_text(const kube::Target& place, const core::StringMap& data, const std::string& version) {
  Json::Value object;
  object["apiVersion"] = kube::kConfigMaps.api_version();
  object["kind"] = std::string(kube::kConfigMaps.kind);
  Json::Value& metadata = object["metadata"];
  metadata["namespace"] = place.ns;
  metadata["name"] = place.name;
  metadata["labels"][std::string(key::kManagedBy)] = std::string(kManager);
  if (!version.empty()) metadata["resourceVersion"] = version;
  for (const auto& [name, text] : data) object["data"][name] = text;
  return json::write_tree(object);
}

std::optional<json::ObjectFault> read_lines(const std::string& text, std::string_view key, std::string_view form,
                                            const std::function<bool(std::string_view line)>& read) {
  const std::vector<std::string_view> lines = base::split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_end = i + 1 == lines.size() && lines[i].empty();
    if (!is_end && !read(lines[i])) {
      return json::ObjectFault{fmt::format("data.{}: line {} is not `{}`", key, i + 1, form)};
    }
  }
  return std::nullopt;
}

}  // namespace holdfast::volsync
