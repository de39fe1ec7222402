#include "src/json/reader/key_guard.hpp"

#include <algorithm>
#include <functional>

namespace holdfast::json {

bool KeyGuard::add(std::string_view key) {
  const std::uint64_t hash = std::hash<std::string_view>{}(key);
  const auto begin = hashes_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
  const auto count = static_cast<std::size_t>(hashes_.end() - begin);
  bool fresh = true;
  if (count < kScanned) {
    fresh = std::find(begin, hashes_.end(), hash) == hashes_.end();
  } else {
    if (count == kScanned) std::for_each(begin, hashes_.end(), [&](std::uint64_t h) { large_.insert(salted(h)); });
    fresh = large_.insert(salted(hash)).second;
  }
  hashes_.push_back(hash);
  return fresh;
}

void KeyGuard::close() {
  const std::size_t start = starts_.back();
  if (hashes_.size() - start > kScanned) {
    for (std::size_t i = start; i < hashes_.size(); ++i) large_.erase(salted(hashes_[i]));
  }
  hashes_.resize(start);
  starts_.pop_back();
}

}  // namespace holdfast::json
