#include "src/index/kopia/format.hpp"

#include <stdexcept>

#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const auto id = index::parse_unique_id(input.text());
  const index::Hasher hasher(1);
  try {
    const auto format = index::make_format(input.text(), std::nullopt, hasher, "kopia.repository");
    fuzz::require(id && *id == format.id, "a format has the identity of its text");
  } catch (const std::runtime_error& error) {
    fuzz::require(!id, "a text with an identity is a format");
    fuzz::require_message(error.what());
  }
  return 0;
}
