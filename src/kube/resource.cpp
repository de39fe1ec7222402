#include "holdfast/kube/resource.hpp"

#include <fmt/format.h>

#include "holdfast/net/url.hpp"

namespace holdfast::kube {

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

std::string path(const Resource& resource, std::string_view ns, std::string_view name, std::string_view subresource) {
  std::string out = resource.group.empty() ? "/api" : "/apis";
  const std::string_view within = resource.namespaced && !ns.empty() ? "namespaces" : "";
  if (within.empty()) ns = {};
  for (const std::string_view segment :
       {resource.group, resource.version, within, ns, resource.plural, name, subresource}) {
    if (!segment.empty()) out.append("/").append(net::percent_encoded(segment));
  }
  return out;
}

}  // namespace holdfast::kube
