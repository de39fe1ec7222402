#include "holdfast/core/quantity.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const auto bytes = core::parse_bytes(input.text());
  if (!bytes) return 0;
  fuzz::require(*bytes >= 0, "a quantity is not negative");
  fuzz::require(core::parse_bytes(std::to_string(*bytes)) == bytes, "its bytes, written out, are the same quantity");
  fuzz::require(input.text().find_first_of("0123456789") != std::string_view::npos, "a quantity has a digit");
  return 0;
}
