#include <fmt/format.h>

#include "holdfast/base/clock.hpp"
#include "holdfast/certs/generate.hpp"
#include "holdfast/cli/run.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {

int generate_certificates(const CertificateRequest& request) {
  const std::vector<std::string> names = request.names.empty() ? std::vector<std::string>{"localhost"} : request.names;
  certs::write_files(certs::generate(names, std::chrono::days{request.days}, base::utc_now()), request.out);
  print(fmt::format("wrote tls.crt, tls.key, ca.crt and ca.key for {} to {}, valid for {} days\n",
                    fmt::join(names, ", "), request.out, request.days));
  return kOk;
}

}  // namespace holdfast::cli
