// A verdict as the API server wants to hear it.
#pragma once

#include <string>
#include <string_view>

#include "holdfast/core/policy.hpp"
#include "holdfast/core/pvc.hpp"
#include "holdfast/core/verdict.hpp"
#include "holdfast/net/http.hpp"

namespace holdfast::webhook {

/// The HTTP answer to the review `uid`. `verdict` is what the rules say; the mode is applied here. `pvc` is the object
/// to patch, or null where nothing may be patched.
net::Response answer(const std::string& uid, const core::Verdict& verdict, const core::Pvc* pvc,
                     const core::Policy& policy);

/// The same for a mover Job; `patch` is what an admission carries, as text, where the mode allows to change anything.
net::Response job_answer(const std::string& uid, const core::Verdict& verdict, std::string patch,
                         const core::Policy& policy);

/// Bytes that are no review.
core::Verdict malformed_verdict(std::string_view problem);
/// Waits that are none of the review's fault.
core::Verdict overloaded_verdict();
core::Verdict internal_error_verdict();

}  // namespace holdfast::webhook
