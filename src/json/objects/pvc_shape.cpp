#include "src/json/objects/pvc_shape.hpp"

namespace holdfast::json::pvc_shape {

std::vector<Complaint>& complaints_of(void* pvc_draft) { return static_cast<PvcDraft*>(pvc_draft)->complaints; }

}  // namespace holdfast::json::pvc_shape
