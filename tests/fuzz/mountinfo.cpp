#include "src/index/kopia/mountinfo.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const std::string_view path = "/repository/deep";
  if (const auto mount = index::find_mount(input.text(), path)) {
    fuzz::require(path.starts_with(mount->point), "a path lies on the mount that was found");
    static_cast<void>(index::caches_attributes(*mount));
  }
  return 0;
}
