// 128-bit hashes with a secret seed: equal sums of names mean equal sets of names, and nobody outside can choose names
// that collide.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace holdfast::index {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const Hash128&) const = default;

  /// Adds both halves modulo 2^64: the order of the addends does not matter.
  Hash128& operator+=(const Hash128& other) {
    high += other.high;
    low += other.low;
    return *this;
  }
};

/// A value to copy; any thread.
class Hasher {
 public:
  explicit Hasher(std::uint64_t seed) : seed_(seed) {}
  /// Seeded from the system's randomness.
  static Hasher seeded_randomly();

  Hash128 operator()(std::string_view bytes) const;

  /// Hashes bytes that come in pieces. One thread.
  class Stream {
   public:
    explicit Stream(const Hasher& hasher);
    void add(std::string_view bytes);
    Hash128 digest() const;

   private:
    struct Free {
      void operator()(void* state) const;
    };
    std::unique_ptr<void, Free> state_;
  };

 private:
  std::uint64_t seed_;
};

}  // namespace holdfast::index
