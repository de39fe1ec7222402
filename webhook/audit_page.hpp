// The audit as a page for people.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/webhook/ops_routes.hpp"

namespace holdfast::webhook {

/// At most this many rows; the page says how many more there are.
inline constexpr std::size_t kMaxRows = 2'000;

/// HTML without scripts, links or anything from elsewhere; all text is escaped. Gaps come first.
std::string audit_html(const AuditPage& page);

}  // namespace holdfast::webhook
