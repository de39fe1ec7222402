// Finds a key that occurs twice in one object, for all open objects at once.
// One reader's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

namespace holdfast::json {

/// Keeps hashes, not keys. Two keys with one hash count as the same key: that can only reject a document, and with
/// 64 bits it takes intent.
class KeyGuard {
 public:
  void open() { starts_.push_back(hashes_.size()); }

  /// Whether `key` is new in the innermost open object.
  bool add(std::string_view key);

  void close();

 private:
  // Objects are small as a rule: a scan over a few numbers is cheaper than any table. Larger ones use `large_`, where
  // hashes of different objects are kept apart by the object's depth.
  static constexpr std::size_t kScanned = 24;
  std::uint64_t salted(std::uint64_t hash) const { return hash ^ (starts_.size() * 0x9E3779B97F4A7C15u); }

  std::vector<std::uint64_t> hashes_;
  std::vector<std::size_t> starts_;
  boost::unordered_flat_set<std::uint64_t> large_;
};

}  // namespace holdfast::json
