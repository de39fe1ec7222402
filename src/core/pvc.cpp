#include "holdfast/core/pvc.hpp"

namespace holdfast::core {

const std::string* lookup(const StringMap& map, std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace holdfast::core
