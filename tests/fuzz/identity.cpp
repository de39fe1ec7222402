#include "holdfast/core/identity.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  if (const auto identity = core::parse_identity(input.text())) {
    fuzz::require(core::to_string(*identity) == input.text(), "an identity is written as it was read");
    fuzz::require(!identity->user.empty() && !identity->host.empty() && identity->path.starts_with('/'),
                  "an identity has three parts, and the path is absolute");
  }
  if (const auto name = core::parse_pvc_name(input.text())) {
    fuzz::require(core::to_string(*name) == input.text(), "a name is written as it was read");
  }
  return 0;
}
