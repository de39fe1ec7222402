// How much of a document we are willing to read. Beyond a limit a reader stops with a fault that names it.
#pragma once

#include <cstddef>

namespace holdfast::json {

struct ReadLimits {
  std::size_t bytes = 3 * 1024 * 1024;
  std::size_t depth = 64;         ///< nested objects and arrays
  std::size_t members = 100'000;  ///< keys and elements in one document, all levels together
};

}  // namespace holdfast::json
