#include <fmt/format.h>

#include "holdfast/certs/store.hpp"
#include "src/cli/doctor_checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

constexpr std::chrono::days kSoon{14};

}  // namespace

void check_certificate(const Settings& settings, core::Time now, Part part) {
  if (!settings.webhook.enabled) return part.ok("not needed: the webhook is off");
  const std::string& folder = settings.webhook.cert_dir;
  if (folder.empty()) return part.fail("webhook.certDir (--webhook-cert-dir) is not set", "name the folder of tls.crt");
  try {
    certs::Store store(folder);
    if (const std::string problem = store.problem_at(now); !problem.empty()) {
      return part.fail(problem, fmt::format("renew what lies in {}", folder));
    }
    const core::Time end = store.reload_if_changed().not_after;
    const std::string valid = "valid until " + core::format_seconds(end);
    if (end - now < kSoon) return part.warn(valid, fmt::format("renew what lies in {}", folder));
    part.ok(valid);
  } catch (const std::exception& e) {
    part.fail(e.what(), "`holdfast certs generate` makes certificates to try with");
  }
}

}  // namespace holdfast::cli::diagnosis
