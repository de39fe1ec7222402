#include "holdfast/kube/resource.hpp"

#include <fmt/format.h>

namespace holdfast::kube {
namespace {

/// RFC 3986, section 2.3.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_segment(std::string& path, std::string_view segment) {
  if (segment.empty()) return;
  path += '/';
  for (const char c : segment) {
    if (is_unreserved(c))
      path += c;
    else
      path += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
}

}  // namespace

std::string Resource::api_version() const {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

std::string path(const Resource& resource, std::string_view ns, std::string_view name, std::string_view subresource) {
  std::string out = resource.group.empty() ? "/api" : "/apis";
  append_segment(out, resource.group);
  append_segment(out, resource.version);
  if (resource.namespaced && !ns.empty()) {
    append_segment(out, "namespaces");
    append_segment(out, ns);
  }
  for (const std::string_view segment : {resource.plural, name, subresource}) append_segment(out, segment);
  return out;
}

}  // namespace holdfast::kube
