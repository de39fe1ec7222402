#include "src/json/pvc_shape.hpp"

#include "holdfast/core/quantity.hpp"

namespace holdfast::json::pvc_shape {

const char* set_requested_bytes(void* pvc, std::string_view, std::string_view quantity) {
  const auto bytes = core::parse_bytes(quantity);
  if (!bytes) return "not a quantity of bytes";
  static_cast<core::Pvc*>(pvc)->requested_bytes = *bytes;
  return nullptr;
}

void* open_annotations(void* pvc) {
  static_cast<core::Pvc*>(pvc)->has_annotations = true;
  return pvc;
}

std::vector<Complaint>& complaints_of(void* pvc_draft) { return static_cast<PvcDraft*>(pvc_draft)->complaints; }

}  // namespace holdfast::json::pvc_shape
