// What a client's clock may say against a certificate.
// Pure; any thread.
#pragma once

#include <string>

#include "holdfast/core/time.hpp"

namespace holdfast::certs {

/// Empty: nothing.
inline std::string validity_problem(core::Time not_before, core::Time not_after, core::Time now) {
  if (now < not_before) return "the certificate is not valid before " + core::format_seconds(not_before);
  if (now > not_after) return "the certificate expired at " + core::format_seconds(not_after);
  return {};
}

}  // namespace holdfast::certs
